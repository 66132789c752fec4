// small_dns.h - just enough DNS for one question and one answer, for the lab's client and its resolver.
//
// Layer: wire (docs/layers.txt).  Source: RFC 1035 s.4.1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loquat::wire {

// A query for the A record of `name` ("server.lab.test"), recursion desired. Throws std::invalid_argument for a name
// with an empty label or one over 63 bytes.
std::string dns_query(std::uint16_t id, std::string_view name);

// The answer of a resolver that knows one name: the address, or NXDOMAIN for other names. Empty if `query` is not a
// query with one question.
std::string dns_answer(std::string_view query, std::string_view name, std::array<std::uint8_t, 4> address);

// The address in an answer to the query with this id; nothing if the answer has another id or no address.
std::optional<std::string> address_in_answer(std::string_view answer, std::uint16_t id);

}  // namespace loquat::wire
