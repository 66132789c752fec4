// dns_name.h - names in DNS messages, which may point back to others. Internal to codec.
//
// Layer: codec (docs/layers.txt).  Source: RFC 1035 s.3.1, s.4.1.4.
#pragma once

#include <cstddef>
#include <string>

#include "codec/network/bytes.h"

namespace loquat::codec {

struct DnsName {
  std::string text;      // "example.org"; the empty name is "<Root>"; bytes of labels as they came
  std::size_t size = 0;  // bytes that it takes where it stands
  bool ok = false;       // false: it runs out of the message, is longer than 255 bytes, or does not point back
};

// The name at `at` of `message`. Each pointer must lead to before the labels that it ends, so no name goes on for ever.
DnsName read_dns_name(Bytes message, std::size_t at);

}  // namespace loquat::codec
