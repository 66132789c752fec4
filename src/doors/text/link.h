// link.h - sends lines to a text client.
//
// In line mode all waiting lines go out in one send, each with its LF. In piece mode each line is sent alone, without
// its LF, as piece_stream.h says, and not while the client is in the middle of a piece: so what it receives next
// follows what it said.
//
//   Threads   The connection's worker.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "doors/common/outbox_sender.h"
#include "doors/text/piece_stream.h"
#include "loquat/socket.h"
#include "loquat/sync.h"

namespace loquat::doors {

class TextLink final : public Link {
 public:
  // The socket outlives it.
  explicit TextLink(Socket& socket) : socket_(socket) { free_.set(); }

  // The client is in piece mode until lines(). gathering(): part of a piece came. spoke(): the piece is whole.
  void lines() noexcept;
  void gathering() noexcept;
  void spoke() noexcept;
  // What finish() sends.
  void set_last(std::string bytes) noexcept;

  void send(std::span<const std::string_view> pieces) override;
  void finish() override;
  void cut() noexcept override;

 private:
  void send_piece(std::string_view line);
  void send_alone(std::string_view text, bool last);

  Socket& socket_;
  PieceStream stream_;
  std::string last_;
  bool pieces_ = true;
  Event free_;  // no piece is being gathered
};

}  // namespace loquat::doors
