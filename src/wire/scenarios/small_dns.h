// small_dns.h - as much of DNS as one question and one answer need: for the lab's client and its resolver.
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

// What a resolver that knows one name answers to a query: its address, else NXDOMAIN. Empty for what is no query of
// one question.
std::string dns_answer(std::string_view query, std::string_view name, std::array<std::uint8_t, 4> address);

// The address in an answer to the query with this id; nothing if it is another's, or says that there is none.
std::optional<std::string> address_in_answer(std::string_view answer, std::uint16_t id);

}  // namespace loquat::wire
