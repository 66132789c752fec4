// outbox_sender.h - sends one connection's outbox, in a fiber that lives only while there is something to send.
//
//   Threads   The connection's worker. push(), gap(), fill() and close() never wait.
//   Bounds    Those of chat::Outbox: a client that falls further behind is told so, and disconnected.
//   Memory    An idle connection has no fiber here.
//   Closing   After close() the fiber sends what is left, calls Link::finish(), and waits up to 2 s for the
//             connection's reader to stop; then it cuts the connection, which wakes the reader.
//   Errors    A failed send cuts the connection, which wakes its reader.
//   Lifetime  The link and the senders outlive it. The destructor cancels the fiber and waits for it.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "chat/outbox.h"
#include "doors/common/senders.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "loquat/time.h"

namespace loquat::doors {

// One connection, as its sender sees it.
class Link {
 public:
  // Sends the pieces whole, or throws OSError.
  virtual void send(std::span<const std::string_view> pieces) = 0;
  // Called once, after everything was sent: sends the last bytes. Throws OSError.
  virtual void finish() = 0;
  // For the connection's reader, which is not to read now: waits for `time`.
  virtual void rest(Duration time) { sleep(time); }
  // Shuts the connection down in both directions, which also ends a send().
  virtual void cut() noexcept = 0;

 protected:
  ~Link() = default;
};

class OutboxSender final : private Senders::Sender {
 public:
  // A client that fell too far behind is sent `farewell` last.
  OutboxSender(Senders& senders, Link& link, const chat::Buffer& farewell, chat::OutboxBounds bounds = {});
  ~OutboxSender();
  OutboxSender(const OutboxSender&) = delete;
  OutboxSender& operator=(const OutboxSender&) = delete;

  // Returns false and drops the buffer if the sender is closed or the client too far behind.
  bool push(chat::Buffer data, TimePoint time);
  // As those of chat::Outbox.
  chat::Outbox::Gap gap() { return outbox_.gap(); }
  void fill(chat::Outbox::Gap gap, chat::Buffer data);
  bool wait_below(std::size_t bytes) { return outbox_.wait_below(bytes); }
  bool broken() const noexcept { return outbox_.broken(); }
  // Whether a send failed: something was not sent.
  bool failed() const noexcept { return failed_; }

  void close();
  // For the connection's reader, once it has stopped: closes, and waits until everything is sent or sending failed.
  // Cuts the connection after `time`.
  void drain(Duration time = Duration::max());

 private:
  void wake();
  void start() override;
  void run();
  void send_all();
  void give_up();

  Senders& senders_;
  Link& link_;
  chat::Outbox outbox_;
  bool queued_ = false;   // in senders_
  bool running_ = false;  // the fiber is there
  bool closed_ = false;
  bool done_ = false;  // nothing can be sent any more
  bool failed_ = false;
  Event reader_done_;
  Fiber<> fiber_;
};

}  // namespace loquat::doors
