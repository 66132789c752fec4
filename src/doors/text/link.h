// link.h - how what gathers for a text client is sent: each line with its LF.
//
// In line mode, all that has gathered goes in one send. In piece mode each line goes alone, without its LF, as
// piece_stream.h says, and none while the client is in the middle of a piece: so what it is sent next answers what it
// said.
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

  // Piece mode until lines(). gathering(): part of a piece came. spoke(): it is whole.
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
