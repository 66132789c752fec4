// peer.h - the other side of a talk: what it says, message by message, and how our lines go out to it.
//
// It may be netcat, which wants line ends, or one of the tutorial's programs, which send none, take what recv(512)
// gives for a message, and compare it with 'byebye'. So:
//
//   Out       A peer that has sent a line end gets them; one that has spoken without gets none. One that has said
//             nothing gets them, except in turns, where the turn is the end of a message. To a peer that has sent no
//             line end, nothing goes out that recv(512) would cut inside a character: at most 496 bytes at a time,
//             with pauses (doors/piece_stream.h).
//   In        A message ends at LF or CRLF, at the end of the stream, or where nothing came for 200 ms; for 1 s, if it
//             is so long that it may have been cut; for 2 s inside a character. A datagram is a message, or several
//             lines.
//   Goodbye   `byebye`, the last bytes of all: with LF for a peer that sends line ends, else without.
//   Errors    Those of the socket pass through.
//   Waiting   hear() in one fiber, say() and goodbye() in another; both of one worker. Cancelled, they leave the socket
//             as it is: say() may have sent a part.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "doors/text/piece_stream.h"
#include "loquat/socket.h"

namespace loquat::tool {

inline constexpr std::string_view goodbye_word = "byebye";

// So long is waited at the end for what the peer said before it went.
inline constexpr Duration last_words = std::chrono::seconds(2);

class TalkPeer {
 public:
  // A connected stream or datagram socket, which outlives it.
  TalkPeer(Socket& socket, bool turns);

  // The next message without its line end, as it came: unsafe for a terminal. Nothing at the end of the stream, or
  // after an empty datagram.
  std::optional<std::string> hear();

  // Sends one line (without its end).
  void say(std::string_view line);
  // Sends `byebye` and, on a stream, its end.
  void goodbye();

  // Whether the peer has spoken, and sends no line ends. Then an empty line is nothing at all.
  bool sends_pieces() const noexcept { return kind_ == Kind::pieces; }
  bool datagrams() const noexcept { return datagrams_; }

 private:
  enum class Kind { unknown, pieces, lines };

  Duration pause() const;
  bool wants_line_ends() const noexcept { return kind_ == Kind::lines || (kind_ == Kind::unknown && !turns_); }
  std::optional<std::string> take_line();
  std::string take_all();
  bool receive();
  void say_part(std::string_view text, bool continues);
  void send_alone(std::string_view text, bool last);

  Socket& socket_;
  const bool datagrams_;
  const bool turns_;
  Kind kind_ = Kind::unknown;
  std::string heard_;  // and not taken yet
  bool ended_ = false;
  doors::PieceStream stream_;
};

}  // namespace loquat::tool
