// piece_stream.h - sends lines to a client that does recv(512).decode(), so that it never sees half a character.
//
// TCP does not keep messages apart, and the server cannot see what the peer has read. Two kinds of such clients are
// known (chapters 4 and 5 of the tutorial), and the same bytes serve both:
//
//   One that reads all the time gets each line alone: there is a gap after each send, and a rest before more than 512
//   bytes have gone out without one. So what gathers while it prints fits into one recv(512), whole lines only.
//
//   One that takes turns reads once after each piece that it sends, and lets the rest gather. It reads 512 bytes at a
//   time from where it stopped; how far it has read follows from how often it has spoken, and from whether it reads
//   at once or late. A line that would have a character across such a border is moved by one to three spaces.
//
// A client that spoke twice without being sent anything between does not take turns; from then on the first rule is
// enough. To one that may, a line that follows an unread one begins with a line feed, to keep the two apart.
//
//   Pure      Nothing here waits or reads a clock.
//
// Layer: doors.  Source: docs/text-door.md, where the cases that this does not cover are named.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "loquat/time.h"

namespace loquat::doors {

class PieceStream {
 public:
  static constexpr std::size_t read = 512;            // what the client reads at a time
  static constexpr std::size_t max_line = read - 16;  // bytes of one line, for there may be additions
  static constexpr Duration gap = std::chrono::milliseconds(20);
  static constexpr Duration rest = std::chrono::milliseconds(300);

  // The client has sent a piece; if it takes turns, it reads once now.
  void spoke() noexcept;

  // The bytes to send for `line` (at most max_line bytes): the line and its additions. Send them in one call, alone. A
  // line that `continues` the one before gets no line feed.
  std::string place(std::string_view line, bool continues = false) const;
  // Spaces that fill the current 512 bytes, so that the client reads the next line alone. May be empty.
  std::string fill_up() const;
  // When that may be sent at the earliest. A `last` message waits for a rest.
  TimePoint earliest(std::size_t size, bool last = false) const noexcept;
  // It has been sent.
  void sent(std::size_t size, TimePoint now) noexcept;

 private:
  // Where a client that takes turns may have stopped reading.
  struct Reader {
    std::uint32_t unread = 0;  // bytes that it has not read yet
    bool waiting = false;      // it waits in recv(), and reads at once what is sent next
    bool operator==(const Reader&) const = default;
  };
  static constexpr std::size_t readers = 2;

  void add(Reader reader) noexcept;
  bool crosses(std::size_t at, std::size_t size) const noexcept;
  bool fits(std::string_view text) const noexcept;

  std::array<Reader, readers> readers_{};  // the likeliest first
  std::size_t count_ = 1;                  // of readers_; 0: it does not take turns
  bool spoken_ = false;
  TimePoint last_{};       // of the last send
  std::size_t burst_ = 0;  // bytes since the last rest
};

}  // namespace loquat::doors
