// test_frames.h - frames for tests, written field by field, with lengths and checksums that are right.
//
// Layer: codec (docs/layers.txt).  Only tests include it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/network/network.h"

namespace loquat::codec::test {

using Frame = std::vector<std::byte>;

inline Frame operator+(Frame a, const Frame& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline Frame raw(std::string_view text) {
  const Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}
// "45 00 .." to bytes.
inline Frame hex(std::string_view text) {
  Frame out;
  std::string digits;
  for (char c : text) {
    if (c != ' ' && c != '\n') digits += c;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return out;
}
inline Frame u16(unsigned n) { return {std::byte(n >> 8 & 255), std::byte(n & 255)}; }
inline Frame u32(std::uint32_t n) { return u16(n >> 16) + u16(n & 0xFFFF); }
inline void put16(Frame& frame, std::size_t at, unsigned n) {
  frame[at] = std::byte(n >> 8 & 255);
  frame[at + 1] = std::byte(n & 255);
}

inline Frame ethernet(const Frame& payload, unsigned type = ipv4_type) {
  return hex("02 00 00 00 00 0b 02 00 00 00 00 0a") + u16(type) + payload;
}
inline Frame vlan(unsigned id, unsigned type, const Frame& payload) { return u16(id) + u16(type) + payload; }

// 10.0.0.1 to 10.0.0.2. `fragment`: the field with the flags; `options`: a multiple of four bytes.
inline Frame ipv4(unsigned protocol, const Frame& payload, unsigned fragment = 0x4000, const Frame& options = {}) {
  const unsigned words = 5 + static_cast<unsigned>(options.size() / 4);
  Frame out = u16(0x4500 + (words - 5) * 256) + u16(words * 4 + static_cast<unsigned>(payload.size())) + u16(0x1234) +
              u16(fragment) + u16(64 * 256 + protocol) + u16(0) + hex("0a000001 0a000002") + options;
  put16(out, 10, checksum_fold(checksum_sum(out)));
  return out + payload;
}
// 2001:db8::1 to 2001:db8::2. `next`: the number of what payload begins with.
inline Frame ipv6(unsigned next, const Frame& payload) {
  return u32(0x60012345) + u16(static_cast<unsigned>(payload.size())) + u16(next * 256 + 64) +
         hex("20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002") + payload;
}

struct Tcp {
  unsigned source = 40000, destination = 80;
  std::uint32_t seq = 1000, ack = 2000;
  unsigned flags = 16, window = 502;
  Frame options{};
  std::string payload{};
};
// The segment without a checksum.
inline Frame tcp_bytes(const Tcp& t) {
  const unsigned words = 5 + static_cast<unsigned>(t.options.size() / 4);
  return u16(t.source) + u16(t.destination) + u32(t.seq) + u32(t.ack) + u16(words << 12 | t.flags) + u16(t.window) +
         u32(0) + t.options + raw(t.payload);
}
inline Frame udp_bytes(unsigned source, unsigned destination, const Frame& payload) {
  return u16(source) + u16(destination) + u16(static_cast<unsigned>(payload.size()) + 8) + u16(0) + payload;
}
// The eight bytes before an Ethernet frame: VXLAN, to be carried by UDP to port 4789.
inline Frame vxlan(const Frame& frame) { return hex("08000000 00002a00") + frame; }
// Writes the checksum of what IP carries: at 16 behind its start for TCP, 6 for UDP, 2 for ICMP.
inline Frame summed(Frame frame, LinkType link = LinkType::ethernet) {
  const auto ip = find_network(frame, link);
  if (!ip || frame.size() < ip->payload + ip->length) return frame;
  const Bytes payload = Bytes(frame).subspan(ip->payload, ip->length);
  const std::size_t at = ip->payload + (ip->protocol == 6 ? 16u : ip->protocol == 17 ? 6u : 2u);
  const unsigned sum =
      ip->protocol == 1 ? checksum_fold(checksum_sum(payload)) : transport_checksum(frame, *ip, payload);
  put16(frame, at, sum);
  return frame;
}
inline Frame tcp_frame(const Tcp& t) { return summed(ethernet(ipv4(6, tcp_bytes(t)))); }
inline Frame udp_frame(unsigned source, unsigned destination, const Frame& payload) {
  return summed(ethernet(ipv4(17, udp_bytes(source, destination, payload))));
}

}  // namespace loquat::codec::test
