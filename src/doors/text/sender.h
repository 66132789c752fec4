// sender.h - sends what gathers for one text client, in a fiber that lives only while there is something to send.
//
// Lines go out as they are given to push(), each with its LF. In line mode, all that has gathered goes in one send; in
// piece mode each line alone, without its LF, as piece_stream.h says, and nothing while the client is in the middle of
// a piece: so what it is sent next answers what it said.
//
//   Bounds    Those of chat::Outbox: who falls further behind is told so, and its socket is shut down.
//   Threads   The connection's worker.
//   Errors    A failed send shuts the socket down, so that the connection's reader finds its end.
//
// Layer: doors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/outbox.h"
#include "doors/common/senders.h"
#include "doors/text/piece_stream.h"
#include "loquat/fiber.h"
#include "loquat/socket.h"
#include "loquat/sync.h"

namespace loquat::doors {

class TextSender final : private Senders::Sender {
 public:
  // Senders and socket outlive it.
  TextSender(Senders& senders, Socket& socket, chat::OutboxBounds bounds);
  // Call finish() or abort() before.
  ~TextSender() = default;
  TextSender(const TextSender&) = delete;
  TextSender& operator=(const TextSender&) = delete;

  // False if the client is behind, and is to go.
  bool push(chat::Buffer data, TimePoint time);
  bool push(std::string text) { return push(chat::buffer(std::move(text)), loquat::now()); }
  // As of Outbox.
  chat::Outbox::Gap gap() { return outbox_.gap(); }
  void fill(chat::Outbox::Gap gap, chat::Buffer data);
  bool wait_below(std::size_t bytes) { return outbox_.wait_below(bytes); }
  bool broken() const noexcept { return outbox_.broken(); }

  // Piece mode until lines(). gathering(): part of a piece came. spoke(): it is whole.
  void lines() noexcept;
  void gathering() noexcept;
  void spoke() noexcept;

  // Sends what is left, for at most `time`, and then `last`, as the last bytes. Every gap is filled.
  void finish(std::string_view last, Duration time);
  // Gives up what is left. Every gap is filled.
  void abort() noexcept;

 private:
  void wake();
  void start() override;
  void run();
  void send(const std::vector<std::string_view>& pieces);
  void send_piece(std::string_view line);
  void send_alone(std::string_view text, bool last);
  void shut_down() noexcept;

  Senders& senders_;
  Socket& socket_;
  chat::Outbox outbox_;
  PieceStream stream_;
  bool pieces_ = true;
  bool failed_ = false;
  bool running_ = false;  // the fiber is there
  loquat::Event free_;    // no piece is being gathered
  loquat::Event idle_;    // no fiber is there, nor will be
};

}  // namespace loquat::doors
