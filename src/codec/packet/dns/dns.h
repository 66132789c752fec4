// dns.h - the parts of the DNS reader. Internal to codec.
//
// Layer: codec (docs/layers.txt).
#pragma once

#include <string>

#include "codec/packet/fields.h"

namespace loquat::codec {

std::string_view dns_type_name(std::uint64_t type);  // "A", "AAAA"; empty for a type without a name here

// Adds the fields of a record's data, `data` in `message`, which begins `start` bytes into the layer. Returns what a
// summary says of it: an address or a name.
std::string add_dns_data(LayerWriter& out, Bytes message, std::size_t start, std::uint64_t type, Extent data);

// The options of an OPT record, or the priority, the target and the parameters of a SVCB or HTTPS record; both return
// what a summary says of them. `at` and `end` count from the layer's start.
std::string add_dns_options(LayerWriter& out, std::size_t at, std::size_t end);
std::string add_dns_service(LayerWriter& out, Bytes message, std::size_t start, Extent data);

}  // namespace loquat::codec
