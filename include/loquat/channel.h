// channel.h - Channel: hands items from one fiber or thread to another, and keeps none.
//
//   Channel<Order> orders;
//   spawn([&] { orders.send(order); });  // returns when a receiver has it
//   for (auto order : orders) serve(order);
//
// What queue.h says of waiting, timeouts, cancel, items, threads and lifetimes holds here too.
//
// Layer: sync (docs/layers.txt).  Source: gevent.queue.Channel, Go's unbuffered channels.
#pragma once

#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include "loquat/detail/exchange.h"
#include "loquat/detail/items.h"
#include "loquat/time.h"

namespace loquat {
namespace sched {
struct Select;
}

template <class T>
class Channel {
  static_assert(
      std::is_nothrow_move_constructible_v<T>,
      "an item goes from the sender to the receiver in one step, which must not throw; use std::unique_ptr<T>");

 public:
  Channel() noexcept : exchange_(&move) {}

  // Waits until a receiver has taken `item`. Returns false if the channel is closed.
  bool send(T&& item) { return exchange_.send(&item, never); }
  bool send(const T& item) { return send(T(item)); }
  // As send(), but waits for at most `timeout`; then it returns false too.
  bool send_for(T&& item, AnyDuration timeout) { return exchange_.send(&item, sched::deadline_from_now(timeout)); }
  bool send_for(const T& item, AnyDuration timeout) { return send_for(T(item), timeout); }
  // Hands `item` to a receiver that waits now. Otherwise returns false.
  bool try_send(T&& item) { return exchange_.try_send(&item); }
  bool try_send(const T& item) { return try_send(T(item)); }

  // Waits for a sender and takes its item. Returns nothing if the channel is closed.
  std::optional<T> recv() {
    std::optional<T> item;
    exchange_.receive(&item, never);
    return item;
  }
  // As recv(), but waits for at most `timeout`; then it returns nothing too.
  std::optional<T> recv_for(AnyDuration timeout) {
    std::optional<T> item;
    exchange_.receive(&item, sched::deadline_from_now(timeout));
    return item;
  }
  // Takes the item of a sender that waits now. Otherwise returns nothing.
  std::optional<T> try_recv() {
    std::optional<T> item;
    exchange_.try_receive(&item);
    return item;
  }

  // Ends the channel: send() returns false and recv() nothing from now on, also for callers that wait in them. A second
  // close() does nothing.
  void close() noexcept { exchange_.close(); }
  bool closed() const noexcept { return exchange_.closed(); }

  // A range-based for loop receives items until the channel is closed.
  auto begin() { return sched::Taking<Channel, &Channel::recv>(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  friend struct sched::Select;
  static void move(void* from, void* to) noexcept {
    static_cast<std::optional<T>*>(to)->emplace(std::move(*static_cast<T*>(from)));
  }

  sched::Exchange exchange_;
};

}  // namespace loquat
