// ends.h - the two ends of a connection, and the states that TCP gives them.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.3.2 (states).
#pragma once

#include <cstdint>
#include <string_view>

namespace loquat::wire {

enum class Side : std::uint8_t { client, server };

constexpr Side other(Side side) noexcept { return side == Side::client ? Side::server : Side::client; }

enum class State : std::uint8_t {
  unknown,  // not looked at, or not known
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};

// "client".
std::string_view name(Side side) noexcept;
// "SYN-SENT"; unknown is "?". Source: RFC 9293 s.3.3.2.
std::string_view name(State state) noexcept;

}  // namespace loquat::wire
