// output.h - what goes to one IRC client: a bounded outbox, and a sender fiber while there is something to send.
//
//   Threads   The connection's worker. push(), gap(), fill() and close() never wait.
//   Memory    An idle connection has no sender.
//   Closing   close() lets what waits be sent, tells the peer that nothing follows, and gives it 2 s to go; then the
//             connection is cut, so that its reader wakes.
//   Lifetime  The link outlives the output; the destructor gives up what is being sent and waits for the sender.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/outbox.h"
#include "doors/common/senders.h"
#include "doors/irc/encode.h"
#include "loquat/fiber.h"

namespace loquat::doors {

// One connection, as its sender sees it.
class IrcLink {
 public:
  // Sends the pieces whole. Throws OSError.
  virtual void send(std::span<const std::string_view> pieces) = 0;
  // Tells the peer that nothing follows. Throws OSError.
  virtual void finish() = 0;
  // Ends the connection for both directions.
  virtual void cut() noexcept = 0;

 protected:
  ~IrcLink() = default;
};

class IrcOutput final : private Senders::Sender {
 public:
  // `senders` outlives the output.
  IrcOutput(Senders& senders, IrcLink& link, IrcFraming framing);
  ~IrcOutput();
  IrcOutput(const IrcOutput&) = delete;
  IrcOutput& operator=(const IrcOutput&) = delete;

  IrcFraming framing() const noexcept { return framing_; }
  // False if it was not taken: the output is closed, or the client too far behind.
  bool push(chat::Buffer data, TimePoint time);
  bool push(const std::vector<std::string>& lines);
  // As those of chat::Outbox.
  chat::Outbox::Gap gap() { return outbox_.gap(); }
  void fill(chat::Outbox::Gap gap, const std::vector<std::string>& lines);
  bool wait_below(std::size_t bytes) { return outbox_.wait_below(bytes); }
  bool broken() const noexcept { return outbox_.broken(); }

  void close();
  // The reader has seen the peer's end, or has given up: waits until what was there is sent, or cannot be.
  void drain();

  static constexpr Duration linger = std::chrono::seconds(2);

 private:
  void wake();
  void start() override;
  void send_all();

  Senders& senders_;
  IrcLink& link_;
  IrcFraming framing_;
  chat::Outbox outbox_;
  bool queued_ = false;   // in senders_
  bool sending_ = false;  // the sender is there
  bool closed_ = false;
  bool done_ = false;  // nothing can be sent any more
  Event peer_gone_;
  Fiber<> sender_;
};

}  // namespace loquat::doors
