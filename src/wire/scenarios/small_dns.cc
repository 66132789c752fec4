#include "wire/scenarios/small_dns.h"

#include <algorithm>
#include <stdexcept>

namespace loquat::wire {
namespace {

constexpr std::size_t dns_header_size = 12;
constexpr unsigned address_record = 1, internet = 1;  // type A, class IN

void dns16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

unsigned dns16_at(std::string_view in, std::size_t at) {
  return static_cast<unsigned>(static_cast<std::uint8_t>(in[at])) << 8 | static_cast<std::uint8_t>(in[at + 1]);
}

std::string labels(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > 63) throw std::invalid_argument("not a domain name");
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return out + '\0';
}

std::string dns_header(unsigned id, unsigned flags, unsigned answers) {
  std::string out;
  for (const unsigned value : {id, flags, 1u, answers, 0u, 0u}) dns16(out, value);
  return out;
}

}  // namespace

std::string dns_query(std::uint16_t id, std::string_view name) {
  std::string out = dns_header(id, 0x0100, 0) + labels(name);  // RD
  dns16(out, address_record);
  dns16(out, internet);
  return out;
}

std::string dns_answer(std::string_view query, std::string_view name, std::array<std::uint8_t, 4> address) {
  const bool one_question =
      query.size() > dns_header_size + 4 && (dns16_at(query, 2) & 0xf800) == 0 && dns16_at(query, 4) == 1;
  if (!one_question) return {};
  const std::string_view question = query.substr(dns_header_size);
  std::string known = labels(name);
  dns16(known, address_record);
  dns16(known, internet);
  const bool found = question == known;
  // QR, AA, RD and RA; response code 3: there is no such name.
  std::string out = dns_header(dns16_at(query, 0), 0x8580 | (found ? 0u : 3u), found ? 1u : 0u) + std::string(question);
  if (!found) return out;
  dns16(out, 0xc000 | dns_header_size);  // the name stands in the question
  for (const unsigned value : {address_record, internet, 0u, 60u, 4u}) dns16(out, value);  // lives 60 s; 4 bytes follow
  for (const std::uint8_t byte : address) out += static_cast<char>(byte);
  return out;
}

std::optional<std::string> address_in_answer(std::string_view answer, std::uint16_t id) {
  constexpr std::size_t record = 16;  // a pointer, type, class, time to live, length, address
  if (answer.size() < dns_header_size + record || dns16_at(answer, 0) != id || dns16_at(answer, 6) != 1)
    return std::nullopt;
  std::string text;
  for (const char byte : answer.substr(answer.size() - 4)) {
    text += (text.empty() ? "" : ".") + std::to_string(static_cast<std::uint8_t>(byte));
  }
  return text;
}

}  // namespace loquat::wire
