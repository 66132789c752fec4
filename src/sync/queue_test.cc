// The kinds of queues: their order, their end, and what JoinableQueue waits for.
#include "loquat/queue.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"
#include "sync/each_wait.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

template <class Kind>
class Queues : public ::testing::Test {};
using Kinds = ::testing::Types<Queue<int>, LifoQueue<int>, PriorityQueue<int>, JoinableQueue<int>>;
TYPED_TEST_SUITE(Queues, Kinds);

TYPED_TEST(Queues, HaveTimeLimits) {
  run_test([] {
    TypeParam queue(1);
    const TimePoint start = now();
    EXPECT_EQ(queue.get_for(1s), std::nullopt);
    EXPECT_TRUE(queue.put_for(1, 0s));
    EXPECT_FALSE(queue.put_for(2, 1s));
    const int item = 2;
    EXPECT_FALSE(queue.put_for(item, 1s));
    EXPECT_EQ(now() - start, 3s);
    auto getter = spawn([&] {
      sleep(1s);
      return queue.get();
    });
    EXPECT_TRUE(queue.put_for(2, 1h));
    EXPECT_EQ(getter.get(), 1);
    EXPECT_EQ(queue.get_for(1h), 2);
  });
}

TYPED_TEST(Queues, PeekLeavesTheItem) {
  run_test([] {
    TypeParam queue;
    EXPECT_EQ(queue.try_peek(), std::nullopt);
    auto peeker = spawn([&] { return queue.peek(); });
    auto getter = spawn([&] { return queue.get(); });
    sleep(1s);
    queue.put(5);
    EXPECT_EQ(peeker.get(), 5);
    EXPECT_EQ(getter.get(), 5);  // the peeker passes it on
    queue.put(6);
    EXPECT_EQ(queue.try_peek(), 6);
    EXPECT_EQ(queue.size(), 1u);
    queue.close();
    EXPECT_EQ(queue.peek(), 6);
    EXPECT_EQ(queue.get(), 6);
    EXPECT_EQ(queue.peek(), std::nullopt);
  });
}

TYPED_TEST(Queues, PeekHasATimeLimit) {
  run_test([] {
    TypeParam queue;
    const TimePoint start = now();
    EXPECT_EQ(queue.peek_for(1s), std::nullopt);
    EXPECT_EQ(queue.peek_for(0s), std::nullopt);
    EXPECT_EQ(now() - start, 1s);
    auto peeker = spawn([&] { return queue.peek_for(2s); });
    auto late = spawn([&] { return queue.get_for(2s); });
    sleep(1s);
    queue.put(5);
    EXPECT_EQ(peeker.get(), 5);
    EXPECT_EQ(late.get(), 5);
    EXPECT_EQ(now() - start, 2s);
    queue.close();
    EXPECT_EQ(queue.peek_for(1h), std::nullopt);
    EXPECT_EQ(now() - start, 2s);
  });
}

TYPED_TEST(Queues, CloseLeavesTheItemsAndCloseNowDoesNot) {
  run_test([] {
    TypeParam queue(2);
    EXPECT_FALSE(queue.closed());
    queue.put(1);
    queue.put(1);
    auto putter = spawn([&] { return queue.put(3); });
    sleep(1s);
    queue.close();
    EXPECT_TRUE(queue.closed());
    EXPECT_FALSE(putter.get());
    EXPECT_EQ(queue.get(), 1);
    EXPECT_EQ(queue.size(), 1u);
    queue.close_now();
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.get(), std::nullopt);
    EXPECT_EQ(queue.try_get(), std::nullopt);
    EXPECT_FALSE(queue.put(4));
    queue.close_now();
  });
}

// The getters have been promised the items that close_now() drops.
TYPED_TEST(Queues, CloseNowAfterPutWakesTheGettersWithNothing) {
  run_test([] {
    TypeParam queue;
    auto a = spawn([&] { return queue.get(); }), b = spawn([&] { return queue.get(); });
    sleep(1s);
    queue.put(1);
    queue.close_now();
    EXPECT_EQ(a.get(), std::nullopt);
    EXPECT_EQ(b.get(), std::nullopt);
  });
}

TYPED_TEST(Queues, ALoopTakesItemsUntilTheEnd) {
  run_test([] {
    TypeParam queue;
    int sum = 0, loops = 0;
    const auto take = [&] {
      for (auto item : queue) {
        sum += item;
        sleep(0s);
      }
      ++loops;
    };
    auto a = spawn(take), b = spawn(take);
    for (int i = 0; i < 10; ++i) queue.put(i);
    queue.close();
    a.get();
    b.get();
    EXPECT_EQ(sum, 45);
    EXPECT_EQ(loops, 2);
    for ([[maybe_unused]] auto item : queue) ADD_FAILURE();
  });
}

template <class Kind>
struct TwoPuttersOneGetter {
  Kind queue{1};
  int put = 0, got = 0;
  Fiber<> other = spawn([this] {
    for (int i = 0; i < 4; ++i) {
      if (i % 2 == 1) put += queue.put(1) ? 1 : 0;
      if (i % 2 == 0) got += queue.get() ? 1 : 0;
      sleep(0s);
    }
  });
  void script() {
    put += queue.put(1) ? 1 : 0;
    put += queue.put(1) ? 1 : 0;
    for (int i = 0; i < 2; ++i) got += queue.get() ? 1 : 0;
  }
  void check() {
    queue.close();
    other.join();
    while (queue.try_get()) ++got;
    EXPECT_EQ(put, got);
  }
};

TYPED_TEST(Queues, ACancelAtEachWaitTakesNothing) {
  run_test([] { EXPECT_GT(sched::cancel_at_each_wait<TwoPuttersOneGetter<TypeParam>>(), 1u); });
}

TEST(QueueKinds, LoopsMoveItemsOut) {
  Queue<std::unique_ptr<int>> queue;
  queue.put(std::make_unique<int>(1));
  queue.put(std::make_unique<int>(2));
  queue.close();
  int sum = 0;
  for (auto item : queue) sum += *item;
  EXPECT_EQ(sum, 3);
}

TEST(QueueKinds, LifoTakesTheNewestFirst) {
  LifoQueue<int> queue;
  for (int i = 0; i < 3; ++i) queue.put(i);
  EXPECT_EQ(queue.try_peek(), 2);
  EXPECT_EQ(queue.get(), 2);
  queue.put(9);
  EXPECT_EQ(queue.get(), 9);
  EXPECT_EQ(queue.get(), 1);
  EXPECT_EQ(queue.get(), 0);
}

TEST(QueueKinds, PriorityTakesTheLeastFirst) {
  PriorityQueue<int> queue;
  for (const int i : {5, 1, 4, 2, 3}) queue.put(i);
  std::vector<int> got;
  while (auto item = queue.try_get()) got.push_back(*item);
  EXPECT_EQ(got, (std::vector<int>{1, 2, 3, 4, 5}));
  PriorityQueue<int, std::greater<>> most_first;
  for (const int i : {5, 1, 4, 2, 3}) most_first.put(i);
  EXPECT_EQ(most_first.get(), 5);
}

TEST(QueueKinds, PriorityKeepsTheOrderOfEqualItems) {
  struct ByFirst {
    bool operator()(const std::pair<int, int>& a, const std::pair<int, int>& b) const { return a.first < b.first; }
  };
  PriorityQueue<std::pair<int, int>, ByFirst> queue;
  for (int i = 0; i < 100; ++i) queue.put({i % 3, i});
  int last[3] = {-1, -1, -1};
  for (int i = 0; i < 100; ++i) {
    const auto [priority, number] = *queue.get();
    EXPECT_GT(number, last[priority]);
    last[priority] = number;
    EXPECT_EQ(priority, i < 34 ? 0 : i < 67 ? 1 : 2);
  }
}

TEST(QueueKinds, PriorityMovesItsItems) {
  struct ByValue {
    bool operator()(const std::unique_ptr<int>& a, const std::unique_ptr<int>& b) const { return *a < *b; }
  };
  PriorityQueue<std::unique_ptr<int>, ByValue> queue;
  for (const int i : {2, 3, 1}) queue.put(std::make_unique<int>(i));
  EXPECT_EQ(**queue.get(), 1);
  EXPECT_EQ(**queue.get(), 2);
  EXPECT_EQ(**queue.get(), 3);
}

// A waiting putter's item does not overtake: the room is given in order of arrival.
TEST(QueueKinds, APriorityQueueThatIsFullServesPuttersInOrder) {
  run_test([] {
    PriorityQueue<int> queue(1);
    queue.put(5);
    std::vector<int> order;
    std::vector<Fiber<>> putters;
    for (const int i : {9, 7}) {
      putters.push_back(spawn([&, i] {
        queue.put(i);
        order.push_back(i);
      }));
    }
    sleep(1s);
    EXPECT_EQ(queue.get(), 5);
    EXPECT_EQ(queue.get(), 9);
    EXPECT_EQ(queue.get(), 7);
    for (const auto& putter : putters) putter.join();
    EXPECT_EQ(order, (std::vector<int>{9, 7}));
  });
}

TEST(QueueKinds, JoinWaitsUntilAllIsDone) {
  run_test([] {
    JoinableQueue<int> queue;
    queue.join();  // nothing was put
    EXPECT_TRUE(queue.join_for(0s));
    int done = 0;
    for (int i = 0; i < 10; ++i) queue.put(i);
    EXPECT_EQ(queue.unfinished_tasks(), 10u);
    std::vector<Fiber<>> workers;
    for (int i = 0; i < 3; ++i) {
      workers.push_back(spawn([&] {
        for ([[maybe_unused]] auto item : queue) {
          sleep(1s);
          ++done;
          queue.task_done();
        }
      }));
    }
    EXPECT_FALSE(queue.join_for(1s));
    auto joiner = spawn([&] { queue.join(); });
    queue.join();
    EXPECT_EQ(done, 10);
    joiner.get();
    EXPECT_EQ(queue.unfinished_tasks(), 0u);
    queue.put(1);
    EXPECT_FALSE(queue.join_for(0s));
    queue.join();
    queue.close();
    for (const auto& worker : workers) worker.join();
  });
}

TEST(QueueKinds, ATaskDoneTooManySaysSo) {
  JoinableQueue<int> queue;
  EXPECT_THROW(queue.task_done(), std::logic_error);
  queue.put(1);
  queue.get();
  queue.task_done();
  EXPECT_THROW(queue.task_done(), std::logic_error);
  EXPECT_EQ(queue.unfinished_tasks(), 0u);
  queue.join();
}

TEST(QueueKinds, CloseNowForgetsTheTasksThatItDrops) {
  run_test([] {
    JoinableQueue<int> queue;
    for (int i = 0; i < 3; ++i) queue.put(i);
    queue.get();
    auto joiner = spawn([&] { queue.join(); });
    sleep(1s);
    queue.close_now();
    EXPECT_FALSE(queue.join_for(1s));  // one was taken and is not done
    queue.task_done();
    joiner.get();
    JoinableQueue<int> untouched;
    untouched.put(1);
    auto another = spawn([&] { untouched.join(); });
    sleep(1s);
    untouched.close_now();
    another.get();
    EXPECT_THROW(untouched.task_done(), std::logic_error);
  });
}

// Destructors may use the queue.
TEST(QueueKinds, ItemsThatAreDroppedMayLookAtTheQueue) {
  struct Nosy {
    Queue<Nosy>* queue;
    explicit Nosy(Queue<Nosy>* looked_at) : queue(looked_at) {}
    Nosy(Nosy&& other) noexcept : queue(std::exchange(other.queue, nullptr)) {}
    ~Nosy() { EXPECT_TRUE(queue == nullptr || queue->size() == 0); }
  };
  Queue<Nosy> queue;
  queue.put(Nosy(&queue));
  queue.close_now();
}

TEST(QueueKinds, AnItemThatIsNotPutIsKept) {
  run_test([] {
    LifoQueue<std::unique_ptr<int>> queue(1);
    queue.put(std::make_unique<int>(1));
    auto item = std::make_unique<int>(2);
    EXPECT_FALSE(queue.try_put(std::move(item)));
    EXPECT_FALSE(queue.put_for(std::move(item), 1s));
    queue.close();
    EXPECT_FALSE(queue.put(std::move(item)));
    EXPECT_NE(item, nullptr);
  });
}

}  // namespace
}  // namespace loquat
