// outbox.h - what one connection has still to be sent: bounded, shared, in order.
//
// The hub pushes buffers that all members share; the connection's sender fiber takes everything that has gathered and
// sends it in one call:
//
//     for (std::vector<std::string_view> pieces; outbox.next(pieces); outbox.sent()) socket.sendall(pieces);
//
// Bounds: a push that finds more than `bytes` waiting, or a buffer that has waited longer than `age`, breaks the
// outbox: what waits is dropped, but for what next() has handed out already; next() gives the farewell as the last
// thing and then says that it is over. Give the socket a timeout of about `age`, so that a sender whose peer reads
// nothing ends too.
//
//   Threads   One worker: that of the connection.
//   Clock     loquat::now(), virtual in a simulation.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/sync.h"
#include "loquat/time.h"

namespace loquat::chat {

using Buffer = std::shared_ptr<const std::string>;
inline Buffer buffer(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

struct OutboxBounds {
  std::size_t bytes = 1024 * 1024;
  Duration age = std::chrono::seconds(30);
};

class Outbox {
 public:
  explicit Outbox(OutboxBounds bounds = {}) : bounds_(bounds) {}

  // What is said to a client that fell too far behind, in the door's own encoding. Empty: nothing.
  void set_farewell(Buffer farewell) { farewell_ = std::move(farewell); }

  // Appends a buffer; never waits. Returns false, and drops it, when the outbox is closed or broken, or breaks now.
  bool push(Buffer data, TimePoint time);
  bool push(Buffer data);

  // Leaves a place that fill() fills later, for what has to be read first (history after a JOIN). What is pushed after
  // it is not sent before it. Each gap is filled once; with nullptr it is given up.
  using Gap = std::uint64_t;
  Gap gap();
  void fill(Gap gap, Buffer data);

  // No more pushes: next() gives what is left and then returns false.
  void close();
  // Waits until at most `bytes` wait to be sent, for a reply that the client asked for and that is long. Returns false
  // if the outbox is broken or closed.
  bool wait_below(std::size_t bytes);

  // The sender. Waits until there is something to send and sets `pieces` to it: about 64 KiB at most, 256 pieces at
  // most. They stay valid until sent(), which says that all of them have been sent. False: closed and drained, or
  // broken and the farewell said.
  bool next(std::vector<std::string_view>& pieces);
  void sent();

  bool broken() const noexcept { return broken_; }
  // Bytes that wait, those of next() included.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Item {
    Buffer data;  // nullptr in a gap
    TimePoint time;
    bool gap = false;
  };
  void fall_behind();
  void compact();

  OutboxBounds bounds_;
  Buffer farewell_;
  std::vector<Item> items_;
  std::size_t head_ = 0;        // items_[head_] is the oldest that waits
  std::uint64_t popped_ = 0;    // the number of items_[0]
  std::size_t handed_out_ = 0;  // how many items next() has given
  std::size_t bytes_ = 0;
  bool closed_ = false;
  bool broken_ = false;
  Event ready_;    // for the sender
  Event drained_;  // for wait_below()
};

}  // namespace loquat::chat
