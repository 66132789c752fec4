// Channels: an item passes when both sides are there, and only then.
#include "loquat/channel.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"
#include "sync/each_wait.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

TEST(Channel, ASenderWaitsForItsReceiver) {
  run_test([] {
    Channel<std::string> channel;
    std::vector<std::string> events;
    auto receiver = spawn([&] {
      for (int i = 0; i < 2; ++i) events.push_back(channel.recv().value_or("nothing"));
    });
    events.push_back("sending");
    EXPECT_TRUE(channel.send("hello"));
    events.push_back("sent hello");
    EXPECT_TRUE(channel.send("world"));
    events.push_back("sent world");
    receiver.get();
    EXPECT_EQ(events, (std::vector<std::string>{"sending", "hello", "sent hello", "sent world", "world"}));
  });
}

TEST(Channel, AReceiverWaitsForItsSender) {
  run_test([] {
    Channel<int> channel;
    auto receiver = spawn([&] { return channel.recv(); });
    sleep(1s);
    EXPECT_FALSE(receiver.done());
    EXPECT_TRUE(channel.send(7));
    EXPECT_EQ(receiver.get(), 7);
    EXPECT_EQ(channel.recv_for(1s), std::nullopt);  // it keeps nothing
  });
}

TEST(Channel, ATryNeedsSomebodyWhoWaits) {
  run_test([] {
    Channel<std::unique_ptr<int>> channel;
    auto item = std::make_unique<int>(1);
    EXPECT_FALSE(channel.try_send(std::move(item)));
    EXPECT_FALSE(channel.send_for(std::move(item), 1s));
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(channel.try_recv(), std::nullopt);
    auto receiver = spawn([&] { return **channel.recv(); });
    sleep(1s);
    EXPECT_TRUE(channel.try_send(std::move(item)));
    EXPECT_EQ(receiver.get(), 1);
    auto sender = spawn([&] { return channel.send(std::make_unique<int>(2)); });
    sleep(1s);
    EXPECT_EQ(**channel.try_recv(), 2);
    EXPECT_TRUE(sender.get());
  });
}

TEST(Channel, ServesSendersAndReceiversInOrder) {
  run_test([] {
    Channel<int> channel;
    std::vector<Fiber<>> senders;
    for (int i = 0; i < 5; ++i) senders.push_back(spawn([&, i] { channel.send(i); }));
    sleep(1s);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(channel.recv(), i);
    std::vector<Fiber<std::optional<int>>> receivers;
    for (int i = 0; i < 5; ++i) receivers.push_back(spawn([&] { return channel.recv(); }));
    sleep(1s);
    for (int i = 0; i < 5; ++i) channel.send(i);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(receivers[static_cast<std::size_t>(i)].get(), i);
  });
}

TEST(Channel, CloseWakesBothSides) {
  run_test([] {
    Channel<std::unique_ptr<int>> sent, received;
    auto item = std::make_unique<int>(1);
    auto sender = spawn([&] { return sent.send(std::move(item)); });
    auto receiver = spawn([&] { return received.recv().has_value(); });
    sleep(1s);
    sent.close();
    received.close();
    EXPECT_FALSE(sender.get());
    EXPECT_FALSE(receiver.get());
    ASSERT_NE(item, nullptr);
    EXPECT_TRUE(sent.closed());
    EXPECT_FALSE(sent.send(std::move(item)));
    EXPECT_FALSE(sent.try_send(std::move(item)));
    EXPECT_NE(item, nullptr);
    EXPECT_FALSE(sent.recv());
    EXPECT_FALSE(sent.try_recv());
    sent.close();
  });
}

TEST(Channel, ALoopReceivesUntilTheEnd) {
  run_test([] {
    Channel<std::unique_ptr<int>> channel;
    auto receiver = spawn([&] {
      int sum = 0;
      for (auto item : channel) sum += *item;
      return sum;
    });
    for (int i = 1; i <= 4; ++i) channel.send(std::make_unique<int>(i));
    channel.close();
    EXPECT_EQ(receiver.get(), 10);
  });
}

// It has what was sent, so it keeps it, although it is cancelled before it runs.
TEST(Channel, AReceiverThatWasServedIsNotCancelledInThatWait) {
  run_test([] {
    Channel<int> channel;
    int got = 0;
    auto receiver = spawn([&] { got = channel.recv().value_or(-1); });
    sleep(1s);
    EXPECT_TRUE(channel.send(5));
    receiver.cancel();
    receiver.join();
    EXPECT_EQ(got, 5);
  });
}

template <bool sends>
struct OneSide {
  Channel<int> channel;
  int sent = 0, received = 0;
  Fiber<> other = spawn([this] { sends ? receive() : send(); });
  void send() {
    for (int i = 0; i < 3; ++i) sent += channel.send(1) ? 1 : 0;
  }
  void receive() {
    for (int i = 0; i < 3; ++i) received += channel.recv() ? 1 : 0;
  }
  void script() { sends ? send() : receive(); }
  void check() {
    channel.close();
    other.join();
    EXPECT_EQ(sent, received);
  }
};

TEST(Channel, ACancelAtEachWaitTakesNothing) {
  run_test([] {
    EXPECT_GT(sched::cancel_at_each_wait<OneSide<true>>(), 0u);
    EXPECT_GT(sched::cancel_at_each_wait<OneSide<false>>(), 0u);
  });
}

TEST(Channel, JoinsThreadsAndFibers) {
  constexpr int each = 100;
  Channel<int> channel;
  std::vector<std::thread> senders;
  for (int i = 0; i < 2; ++i) {
    senders.emplace_back([&] {
      for (int n = 1; n <= each; ++n) EXPECT_TRUE(channel.send(n));
    });
  }
  int sum = 0;
  run_test([&] {
    for (int n = 0; n < 2 * each; ++n) sum += *channel.recv();
  });
  for (auto& sender : senders) sender.join();
  EXPECT_EQ(sum, each * (each + 1));
}

}  // namespace
}  // namespace loquat
