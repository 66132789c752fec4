// Wireshark's other names for a place.
#include <iterator>

#include "codec/packet/packet.h"

namespace loquat::codec {
namespace {

struct OtherName {
  std::string_view wanted, name;
};
constexpr OtherName other_names[] = {
    {"tcp.seq", "tcp.seq_raw"},  {"tcp.ack", "tcp.ack_raw"},  {"tcp.window_size", "tcp.window_size_value"},
    {"tcp.port", "tcp.srcport"}, {"tcp.port", "tcp.dstport"}, {"udp.port", "udp.srcport"},
    {"udp.port", "udp.dstport"}, {"ip.addr", "ip.src"},       {"ip.addr", "ip.dst"},
    {"ipv6.addr", "ipv6.src"},   {"ipv6.addr", "ipv6.dst"},   {"eth.addr", "eth.src"},
    {"eth.addr", "eth.dst"},
};

bool is_part(std::string_view name, std::string_view whole) noexcept {
  return name.starts_with(whole) && (name.size() == whole.size() || name[whole.size()] == '.');
}

}  // namespace

bool field_matches(std::string_view name, std::string_view wanted) noexcept {
  if (wanted.empty()) return false;
  for (const OtherName& other : other_names) {
    if (wanted == other.wanted && name == other.name) return true;
  }
  return is_part(name, wanted);
}

}  // namespace loquat::codec
