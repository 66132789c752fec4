// What fd_mutex.h promises: turns in order, and a close() that waits for the last user.
#include "net/fd_mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/run.h"

namespace loquat::net {
namespace {

using namespace std::chrono_literals;
using Entry = FdMutex::Entry;

const auto nothing = [] {};

Entry enter(FdMutex& mutex, Direction direction, TimePoint deadline = never) {
  const Entry entry = mutex.enter(direction);
  return entry == Entry::busy ? mutex.wait_for_turn(direction, deadline, false) : entry;
}

// Starts a fiber and returns when it waits.
template <class F>
auto waiting(F body) {
  auto fiber = spawn(std::move(body));
  while (fiber.waits() == 0 && !fiber.done()) sleep(0s);
  return fiber;
}

TEST(FdMutex, TurnsComeInOrderOfArrival) {
  run([] {
    FdMutex mutex;
    EXPECT_EQ(enter(mutex, Direction::in), Entry::entered);
    std::vector<int> order;
    std::vector<Fiber<>> fibers;
    for (int i = 0; i < 3; ++i) {
      fibers.push_back(waiting([&, i] {
        EXPECT_EQ(enter(mutex, Direction::in), Entry::entered);
        order.push_back(i);
        sleep(1ms);
        mutex.leave(Direction::in);
      }));
    }
    EXPECT_TRUE(order.empty());
    mutex.leave(Direction::in);
    for (const auto& fiber : fibers) fiber.get();
    EXPECT_EQ(order, (std::vector{0, 1, 2}));
  });
}

TEST(FdMutex, DirectionsDoNotDisturbEachOther) {
  FdMutex mutex;
  for (const Direction direction : {Direction::in, Direction::out, Direction::none, Direction::none})
    EXPECT_EQ(enter(mutex, direction), Entry::entered);
  EXPECT_EQ(mutex.enter(Direction::in), Entry::busy);
  EXPECT_EQ(enter(mutex, Direction::out, Clock::now() + 1ms), Entry::timed_out);
  for (int i = 0; i < 4; ++i) mutex.leave(Direction::none);
  mutex.leave(Direction::in);
  mutex.leave(Direction::out);
  EXPECT_EQ(mutex.enter(Direction::in), Entry::entered);
  mutex.leave(Direction::in);
  EXPECT_TRUE(mutex.close(nothing));
}

TEST(FdMutex, ACancelledWaiterIsNoUser) {
  run([] {
    FdMutex mutex;
    EXPECT_EQ(enter(mutex, Direction::in), Entry::entered);
    const auto waiter = waiting([&] { enter(mutex, Direction::in); });
    waiter.cancel();
    waiter.join();
    mutex.leave(Direction::in);
    EXPECT_EQ(mutex.enter(Direction::in), Entry::entered);
    mutex.leave(Direction::in);
    EXPECT_TRUE(mutex.close(nothing));
  });
}

TEST(FdMutex, CloseWakesWaitersAndReturnsAfterTheLastUser) {
  run([] {
    FdMutex mutex;
    EXPECT_EQ(enter(mutex, Direction::in), Entry::entered);
    const auto waiter = waiting([&] {
      EXPECT_EQ(enter(mutex, Direction::in), Entry::closed);
      mutex.leave(Direction::none);
    });
    bool operations_ended = false;
    const auto closer = waiting([&] { EXPECT_TRUE(mutex.close([&] { operations_ended = true; })); });
    waiter.get();
    EXPECT_TRUE(operations_ended);
    EXPECT_FALSE(closer.done());
    EXPECT_TRUE(mutex.closing());
    EXPECT_EQ(enter(mutex, Direction::none), Entry::refused);
    EXPECT_TRUE(mutex.enter_to_look());
    mutex.leave(Direction::none);
    EXPECT_FALSE(mutex.close(nothing));
    mutex.leave(Direction::in);
    closer.get();
    EXPECT_FALSE(mutex.enter_to_look());
  });
}

TEST(FdMutex, StreamsPutCloseOff) {
  FdMutex mutex;
  EXPECT_FALSE(mutex.put_off_close());
  FdMutex held;
  EXPECT_TRUE(held.hold());
  EXPECT_TRUE(held.hold());
  EXPECT_FALSE(held.drop());
  EXPECT_TRUE(held.put_off_close());
  EXPECT_TRUE(held.drop());
  EXPECT_FALSE(held.put_off_close());
  EXPECT_TRUE(held.close(nothing));
  EXPECT_FALSE(held.hold());
}

TEST(FdMutex, ThreadsHaveOneTurnAtATime) {
  FdMutex mutex;
  int inside = 0;
  int turns = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Entry entry;
      while ((entry = enter(mutex, Direction::out)) == Entry::entered) {
        EXPECT_EQ(++inside, 1);
        const bool last = ++turns == 1000;
        --inside;
        mutex.leave(Direction::out);
        if (last) mutex.close(nothing);
      }
      if (entry == Entry::closed) mutex.leave(Direction::none);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(turns, 1000);
  EXPECT_FALSE(mutex.close(nothing));
}

}  // namespace
}  // namespace loquat::net
