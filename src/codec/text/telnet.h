// telnet.h - takes telnet's commands out of a stream of text, and declines every offer.
//
// True of every call in this file:
//   Memory    Fixed; a subnegotiation is skipped, never stored.
//   Threads   One caller at a time.
//
// Layer: codec (docs/layers.txt).  Source: RFC 854, RFC 855, RFC 1143 (each option is answered once: no loop).
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

namespace loquat::codec {

class TelnetFilter {
 public:
  // Appends the text in `bytes` to `text`, and the answers that must be sent to `replies`: DONT for WILL, WONT for DO,
  // each option once, so at most 1,536 bytes in a connection's life. IAC IAC is dropped: 0xFF is no UTF-8. CR NUL
  // becomes CR LF. A sequence that `bytes` cuts in two continues in the next call.
  void feed(std::string_view bytes, std::string& text, std::string& replies);

  // True once an IAC came: the client is telnet, and sends lines.
  bool seen() const noexcept { return seen_; }
  // True inside a command, or after a CR whose next byte decides.
  bool unfinished() const noexcept { return state_ != State::text && state_ != State::cr; }

 private:
  enum class State : std::uint8_t { text, cr, iac, will, wont, do_, dont, sub, sub_iac };
  void on_iac(unsigned char c);
  void on_option(unsigned char option, std::string& replies);

  State state_ = State::text;
  bool seen_ = false;
  std::bitset<256> declined_will_;
  std::bitset<256> declined_do_;
};

}  // namespace loquat::codec
