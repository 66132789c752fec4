// select(): one case is taken, the others are left alone; whoever wakes it, and when it is cancelled.
#include "loquat/select.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"
#include "sync/each_wait.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

TEST(Select, TakesTheCaseThatIsReady) {
  run_test([] {
    Queue<int> in, full(1);
    Channel<int> channel;
    Event event;
    AsyncResult<int> result;
    full.put(1);
    std::optional<int> got, received, put = 2, send = 3;
    const auto take = [&] {
      return try_select(on_get(in, got), on_put(full, put), on_recv(channel, received), on_send(channel, send),
                        on_set(event), on_ready(result));
    };
    EXPECT_EQ(take(), std::nullopt);
    in.put(7);
    EXPECT_EQ(take(), 0u);
    EXPECT_EQ(got, 7);
    EXPECT_EQ(full.get(), 1);
    EXPECT_EQ(take(), 1u);
    EXPECT_EQ(got, std::nullopt);
    EXPECT_EQ(put, std::nullopt);
    EXPECT_EQ(full.size(), 1u);
    put = 4;
    auto sender = spawn([&] { channel.send(9); });
    sleep(1s);
    EXPECT_EQ(take(), 2u);
    EXPECT_EQ(received, 9);
    auto receiver = spawn([&] { return channel.recv(); });
    sleep(1s);
    EXPECT_EQ(take(), 3u);
    EXPECT_EQ(send, std::nullopt);
    EXPECT_EQ(receiver.get(), 3);
    event.set();
    EXPECT_EQ(take(), 4u);
    event.clear();
    result.set(1);
    EXPECT_EQ(take(), 5u);
    EXPECT_EQ(put, 4);
    sender.get();
  });
}

// Each waker in turn; the other objects have no waiter afterwards and keep what they have.
TEST(Select, WaitsForTheFirstThatBecomesReady) {
  run_test([] {
    for (std::size_t which = 0; which < 6; ++which) {
      Queue<int> in, full(1);
      Channel<int> channel, other;
      Event event;
      AsyncResult<> result;
      full.put(1);
      std::optional<int> got, received, put = 2, send = 3;
      auto selector = spawn([&] {
        return select(on_get(in, got), on_put(full, put), on_recv(channel, received), on_send(other, send),
                      on_set(event), on_ready(result));
      });
      sleep(1s);
      EXPECT_FALSE(selector.done());
      switch (which) {
        case 0:
          in.put(7);
          break;
        case 1:
          full.get();
          break;
        case 2:
          EXPECT_TRUE(channel.try_send(8));
          break;
        case 3:
          EXPECT_EQ(other.try_recv(), 3);
          break;
        case 4:
          event.set();
          break;
        default:
          result.set();
      }
      in.put(100);  // the select is taken, though it has not run yet
      EXPECT_FALSE(channel.try_send(8));
      event.set();
      EXPECT_EQ(selector.get(), which);
      EXPECT_EQ(got, which == 0 ? std::optional(7) : std::nullopt);
      EXPECT_EQ(received, which == 2 ? std::optional(8) : std::nullopt);
      EXPECT_EQ(put, which == 1 ? std::nullopt : std::optional(2));
      EXPECT_EQ(send, which == 3 ? std::nullopt : std::optional(3));
      EXPECT_EQ(in.size(), 1u);
      EXPECT_FALSE(channel.try_send(8));
      EXPECT_EQ(other.try_recv(), std::nullopt);
    }
  });
}

TEST(Select, HasATimeLimit) {
  run_test([] {
    Queue<int> queue;
    Event event;
    std::optional<int> item = 5;
    const TimePoint start = now();
    EXPECT_EQ(select_for(3s, on_get(queue, item), on_set(event)), std::nullopt);
    EXPECT_EQ(now() - start, 3s);
    EXPECT_EQ(item, std::nullopt);
    EXPECT_EQ(select_for(0s, on_set(event)), std::nullopt);
    queue.put(1);
    EXPECT_EQ(select_for(-1s, on_get(queue, item), on_set(event)), 0u);
    EXPECT_EQ(item, 1);
    queue.put(2);  // nobody waits there any more
    EXPECT_EQ(queue.get(), 2);
  });
}

TEST(Select, AnEndIsACaseToo) {
  run_test([] {
    Queue<int> in, full(1);
    Channel<int> channel;
    full.put(1);
    std::optional<int> item, put = 2;
    auto getter = spawn([&] { return select(on_get(in, item)); });
    auto putter = spawn([&] { return select(on_put(full, put), on_send(channel, put)); });
    sleep(1s);
    in.close();
    full.close();
    EXPECT_EQ(getter.get(), 0u);
    EXPECT_EQ(item, std::nullopt);
    EXPECT_EQ(putter.get(), 0u);
    EXPECT_EQ(put, 2);
    channel.close();
    EXPECT_EQ(select(on_recv(channel, item)), 0u);
    EXPECT_EQ(item, std::nullopt);
    EXPECT_EQ(select(on_send(channel, put)), 0u);
    EXPECT_EQ(put, 2);
    EXPECT_EQ(try_select(on_put(full, put)), 0u);
    EXPECT_EQ(put, 2);
  });
}

TEST(Select, ACaseWithNothingToPutIsNeverReady) {
  run_test([] {
    Queue<int> queue;
    Channel<int> channel;
    std::optional<int> empty;
    auto receiver = spawn([&] { return channel.recv_for(10s); });
    EXPECT_EQ(select_for(1s, on_put(queue, empty), on_send(channel, empty)), std::nullopt);
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(receiver.get(), std::nullopt);
  });
}

TEST(Select, ChoosesAmongReadyCasesEvenly) {
  constexpr int all = 3000;
  int taken[3] = {};
  Queue<int> a, b, c, never_ready;
  std::optional<int> item;
  for (int i = 0; i < all; ++i) {
    for (auto* queue : {&a, &b, &c}) {
      if (queue->size() == 0) queue->put(1);
    }
    ++taken[select(on_get(a, item), on_get(b, item), on_get(c, item), on_get(never_ready, item))];
  }
  for (const int each : taken) EXPECT_GT(each, all / 4);
}

TEST(Select, TakesItsTurnAmongTheOtherWaiters) {
  run_test([] {
    Queue<int> queue;
    Event event;
    std::optional<int> item;
    auto first = spawn([&] { return queue.get(); });
    auto selector = spawn([&] { return select(on_set(event), on_get(queue, item)); });
    auto third = spawn([&] { return queue.get(); });
    sleep(1s);
    for (const int i : {1, 2, 3}) queue.put(i);
    EXPECT_EQ(first.get(), 1);
    EXPECT_EQ(selector.get(), 1u);
    EXPECT_EQ(item, 2);
    EXPECT_EQ(third.get(), 3);
  });
}

// What would have woken the select goes to the next waiter.
TEST(Select, ANoticeThatComesTooLateGoesToTheNext) {
  run_test([] {
    Queue<int> a, b;
    std::optional<int> item;
    auto selector = spawn([&] { return select(on_get(a, item), on_get(b, item)); });
    auto next = spawn([&] { return b.get(); });
    sleep(1s);
    a.put(1);
    b.put(2);  // before the selector runs
    EXPECT_EQ(next.get(), 2);
    EXPECT_EQ(selector.get(), 0u);
    EXPECT_EQ(item, 1);
  });
}

TEST(Select, TwoSelectsMeetInAChannel) {
  run_test([] {
    Channel<int> a, b;
    std::optional<int> to_send = 5, from_b, received, to_b = 6;
    auto one = spawn([&] { return select(on_send(a, to_send), on_recv(b, from_b)); });
    auto two = spawn([&] { return select(on_recv(a, received), on_send(b, to_b)); });
    EXPECT_EQ(one.get(), two.get());
    EXPECT_EQ(to_send.has_value(), !received.has_value());
    EXPECT_EQ(to_b.has_value(), !from_b.has_value());
    EXPECT_NE(received.has_value(), from_b.has_value());
  });
}

TEST(Select, DoesNotMeetItself) {
  run_test([] {
    Channel<int> channel;
    std::optional<int> out = 1, in;
    EXPECT_EQ(select_for(1s, on_send(channel, out), on_recv(channel, in)), std::nullopt);
    EXPECT_EQ(out, 1);
    auto selector = spawn([&] { return select(on_send(channel, out), on_recv(channel, in)); });
    sleep(1s);
    EXPECT_TRUE(channel.send(2));
    EXPECT_EQ(selector.get(), 1u);
    EXPECT_EQ(in, 2);
  });
}

TEST(Select, MayNameAnObjectTwice) {
  run_test([] {
    Queue<int> queue;
    std::optional<int> a, b;
    auto selector = spawn([&] { return select(on_get(queue, a), on_get(queue, b)); });
    sleep(1s);
    queue.put(1);
    queue.put(2);
    EXPECT_LT(selector.get(), 2u);
    EXPECT_NE(a.has_value(), b.has_value());
    EXPECT_TRUE(queue.try_get());
  });
}

TEST(Select, AWakeBeatsACancel) {
  run_test([] {
    Queue<int> queue;
    Event event;
    std::optional<int> item;
    std::optional<std::size_t> taken;
    auto selector = spawn([&] { taken = select(on_get(queue, item), on_set(event)); });
    sleep(1s);
    queue.put(1);
    selector.cancel();
    selector.join();
    EXPECT_EQ(taken, 0u);
    EXPECT_EQ(item, 1);
    auto cancelled = spawn([&] { (void)select(on_get(queue, item), on_set(event)); });
    auto next = spawn([&] { return queue.get(); });
    sleep(1s);
    cancelled.cancel();
    queue.put(2);
    EXPECT_THROW(cancelled.get(), CancelledError);
    EXPECT_EQ(next.get(), 2);
    EXPECT_EQ(item, std::nullopt);
  });
}

struct SelectLoop {
  Queue<int> in, out{1};
  Channel<int> channel;
  int put = 0, got = 0, sent = 0, received = 0;
  Fiber<> other = spawn([this] {
    for (int i = 0; i < 3; ++i) {
      put += in.put(1) ? 1 : 0;
      sleep(0s);
      sent += channel.send(1) ? 1 : 0;
      got += out.get() ? 1 : 0;
    }
  });
  void script() {
    for (int i = 0; i < 9; ++i) {
      std::optional<int> from_in, from_channel, to_out = 1;
      const struct Tally {
        SelectLoop& loop;
        std::optional<int>&in, &channel, &out;
        ~Tally() {
          loop.got += in ? 1 : 0;
          loop.received += channel ? 1 : 0;
          loop.put += out ? 0 : 1;
        }
      } tally{*this, from_in, from_channel, to_out};
      select(on_get(in, from_in), on_recv(channel, from_channel), on_put(out, to_out));
    }
  }
  void check() {
    in.close();
    out.close();
    channel.close();
    other.join();
    while (in.try_get()) ++got;
    while (out.try_get()) ++got;
    EXPECT_EQ(put, got);
    EXPECT_EQ(sent, received);
  }
};

TEST(Select, ACancelAtEachWaitTakesNothing) {
  run_test([] { EXPECT_GT(sched::cancel_at_each_wait<SelectLoop>(), 1u); });
}

TEST(Select, OfAPlainThreadIsWokenByFibers) {
  Queue<int> queue;
  Channel<int> channel;
  Event event;
  int sum = 0;
  std::thread thread([&] {
    for (;;) {
      std::optional<int> got, received;
      const std::size_t taken = select(on_get(queue, got), on_recv(channel, received), on_set(event));
      if (taken == 2) return;
      sum += got.value_or(0) + received.value_or(0);
    }
  });
  run_test([&] {
    for (int i = 0; i < 200; ++i) {
      queue.put(1);
      channel.send(1);
    }
    while (queue.size() > 0) sleep(0s);
    event.set();
  });
  thread.join();
  EXPECT_EQ(sum, 400);
}

TEST(WaitFirst, ReturnsTheFiberThatEndsFirst) {
  run_test([] {
    const TimePoint start = now();
    std::vector<Fiber<int>> fibers;
    for (const int hours : {3, 1, 2}) {
      fibers.push_back(spawn([hours] {
        sleep(std::chrono::hours(hours));
        return hours;
      }));
    }
    EXPECT_EQ(wait_first(fibers, 1min), std::nullopt);
    std::vector<int> order;
    while (const auto place = wait_first(fibers)) {
      const auto at = fibers.begin() + static_cast<std::ptrdiff_t>(*place);
      order.push_back(at->get());
      EXPECT_EQ(now() - start, std::chrono::hours(order.back()));
      fibers.erase(at);
    }
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  });
}

TEST(WaitFirst, SeesFailuresAndCancelsAndLeavesThemToGet) {
  run_test([] {
    std::vector<Fiber<>> fibers{spawn([] { sleep(9h); }), spawn([] { throw std::runtime_error("mine"); })};
    EXPECT_EQ(wait_first(fibers), 1u);
    EXPECT_THROW(fibers[1].get(), std::runtime_error);
    fibers.pop_back();
    fibers[0].cancel();
    EXPECT_EQ(wait_first(fibers), 0u);
    EXPECT_THROW(fibers[0].get(), CancelledError);
  });
}

TEST(WaitFirst, OfAFiberBesideAQueueAndASecondWaiter) {
  run_test([] {
    Queue<int> queue;
    std::optional<int> item;
    auto fiber = spawn([] { sleep(1h); });
    auto joiner = spawn([&] { fiber.join(); });
    EXPECT_EQ(select_for(1min, on_get(queue, item), on_end(fiber)), std::nullopt);
    EXPECT_EQ(select(on_get(queue, item), on_end(fiber)), 1u);
    joiner.join();
    EXPECT_EQ(select(on_get(queue, item), on_end(fiber)), 1u) << "it has ended before";
    queue.put(7);
    EXPECT_EQ(try_select(on_get(queue, item)), 0u);
    EXPECT_EQ(item, 7);
  });
}

}  // namespace
}  // namespace loquat
