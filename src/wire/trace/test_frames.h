// test_frames.h - frames for the tests of this folder, made by hand.
#pragma once

#include <string_view>
#include <vector>

#include "wire/trace/trace.h"

namespace loquat::wire::tests {

struct Tcp {
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t flags = 0, window = 64240;
  std::string_view payload{};
  std::vector<std::uint8_t> options{};  // a multiple of four bytes
  std::uint16_t client_port = 40000;
};

// Ethernet, IPv4 and TCP, between 10.0.0.1 (the client) and 10.0.0.2:80; checksums are 0.
inline std::vector<std::byte> tcp_bytes(Side from, const Tcp& tcp) {
  std::vector<std::byte> out;
  const auto put = [&out](std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  const bool client = from == Side::client;
  const std::size_t header = 20 + tcp.options.size();
  put(client ? 0x02000000000b : 0x02000000000a, 6);
  put(client ? 0x02000000000a : 0x02000000000b, 6);
  put(0x0800, 2);
  put(0x4500, 2);
  put(20 + header + tcp.payload.size(), 2);
  put(0x0000'4000'4006'0000, 8);
  put(client ? 0x0a000001 : 0x0a000002, 4);
  put(client ? 0x0a000002 : 0x0a000001, 4);
  put(client ? tcp.client_port : 80, 2);
  put(client ? 80 : tcp.client_port, 2);
  put(tcp.seq, 4);
  put(tcp.ack, 4);
  put(header / 4 << 12 | tcp.flags, 2);
  put(tcp.window, 2);
  put(0, 4);
  for (const auto option : tcp.options) put(option, 1);
  for (const char c : tcp.payload) out.push_back(static_cast<std::byte>(c));
  return out;
}

inline Duration ms(double value) { return Duration(static_cast<std::int64_t>(value * 1'000'000)); }

}  // namespace loquat::wire::tests
