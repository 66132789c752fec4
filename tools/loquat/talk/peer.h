// peer.h - the peer of a talk: receives its messages one by one, and sends lines in the form that it expects.
//
// The peer may be netcat, which expects line ends. It may be one of the tutorial's programs, which send no line ends,
// take the result of recv(512) as one message, and compare it with 'byebye'. So:
//
//   Sending    A peer that has sent a line end gets line ends; a peer that has sent bytes without one gets none. A
//              silent peer gets line ends, except in turns, where the turn ends the message. A peer that has sent no
//              line end gets at most 496 bytes at a time, with pauses, so that recv(512) cuts no character
//              (doors/text/piece_stream.h).
//   Receiving  A message ends at LF or CRLF, at the end of the stream, or after a pause of 200 ms. The pause is 1 s if
//              the message is so long that it may have been cut, and 2 s inside a character. A datagram is one message,
//              or several lines.
//   Goodbye    `byebye` is the last that is sent: with LF to a peer that sends line ends, else without.
//   Errors     Errors of the socket pass through.
//   Waiting    Call next_message() in one fiber, send_line() and goodbye() in another of the same worker. A cancelled
//              call leaves the socket open; send_line() may have sent a part of the line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "doors/text/piece_stream.h"
#include "loquat/socket.h"

namespace loquat::tool {

inline constexpr std::string_view goodbye_word = "byebye";

// How long to wait at the end for what the peer has sent.
inline constexpr Duration farewell_timeout = std::chrono::seconds(2);

class TalkPeer {
 public:
  // `socket` is a connected stream or datagram socket, and must outlive the TalkPeer.
  TalkPeer(Socket& socket, bool turns);

  // Returns the next message without its line end. It may contain control characters. Returns nothing at the end of the
  // stream, or after an empty datagram.
  std::optional<std::string> next_message();

  // Sends one line, which is passed without a line end.
  void send_line(std::string_view line);
  // Sends `byebye`, and ends a stream.
  void goodbye();

  // Whether the peer has sent bytes without a line end. Then an empty line cannot be sent.
  bool sends_pieces() const noexcept { return kind_ == Kind::pieces; }
  bool datagrams() const noexcept { return datagrams_; }

 private:
  enum class Kind { unknown, pieces, lines };

  Duration pause() const;
  bool wants_line_ends() const noexcept { return kind_ == Kind::lines || (kind_ == Kind::unknown && !turns_); }
  std::optional<std::string> take_line();
  std::string take_all();
  bool receive();
  void send_piece(std::string_view text, bool continues);
  void send_alone(std::string_view text, bool last);

  Socket& socket_;
  const bool datagrams_;
  const bool turns_;
  Kind kind_ = Kind::unknown;
  std::string received_;  // and not returned yet
  bool ended_ = false;
  doors::PieceStream stream_;
};

}  // namespace loquat::tool
