// outbox.h - what waits to be sent to one connection: bounded, shared, in order.
//
// The hub pushes buffers that all members share. The connection's sender fiber takes everything that waits and sends it
// in one call:
//
//     for (std::vector<std::string_view> pieces; outbox.next(pieces); outbox.sent()) socket.sendall(pieces);
//
// Bounds: a push breaks the outbox if more than `bytes` would wait, or if the oldest buffer has waited longer than
// `age`. A broken outbox drops what next() has not handed out yet; next() then returns the farewell, and after that
// false. Give the socket a timeout of about `age`: it ends a sender whose peer reads nothing.
//
//   Threads   The connection's worker.
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

  // The last bytes for a client that fell too far behind, in its door's encoding. Empty: none.
  void set_farewell(Buffer farewell) { farewell_ = std::move(farewell); }

  // Appends a buffer; never waits. Returns false and drops the buffer if the outbox is closed or broken, or breaks now.
  bool push(Buffer data, TimePoint time);
  bool push(Buffer data);

  // Reserves a place that fill() fills later, for data that has to be read first (history after a JOIN). Buffers that
  // are pushed after the gap wait for it. Each gap is filled once; nullptr gives it up.
  using Gap = std::uint64_t;
  Gap gap();
  void fill(Gap gap, Buffer data);

  // No more pushes: next() gives what is left and then returns false.
  void close();
  // Waits until at most `bytes` are left to be sent: for a long reply that the client asked for. Returns false if the
  // outbox is broken or closed.
  bool wait_below(std::size_t bytes);

  // For the sender: waits until there is something to send and sets `pieces` to it, at most about 64 KiB in 256 pieces.
  // They are valid until sent(), which says that all of them have been sent. Returns false when the outbox is closed
  // and empty, or broken and the farewell was handed out.
  bool next(std::vector<std::string_view>& pieces);
  void sent();

  bool broken() const noexcept { return broken_; }
  // Bytes that wait, including those that next() has handed out.
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
  std::size_t head_ = 0;        // items_[head_] is the oldest one waiting
  std::uint64_t popped_ = 0;    // the number of items_[0]
  std::size_t handed_out_ = 0;  // how many items next() has given
  std::size_t bytes_ = 0;
  bool closed_ = false;
  bool broken_ = false;
  Event ready_;    // for the sender
  Event drained_;  // for wait_below()
};

}  // namespace loquat::chat
