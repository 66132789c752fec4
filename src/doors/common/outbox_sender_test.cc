#include "doors/common/outbox_sender.h"

#include <gtest/gtest.h>

#include <string>

#include "doors/test_house.h"
#include "loquat/error.h"

namespace loquat::doors {
namespace {

// Keeps what it is sent. While `open` is down, send() waits, as for a peer that reads nothing.
class StubLink final : public Link {
 public:
  StubLink() { open.set(); }
  void send(std::span<const std::string_view> pieces) override {
    open.wait();
    for (const std::string_view piece : pieces) sent += piece;
  }
  void finish() override { sent += "."; }
  void cut() noexcept override { ++cuts; }

  Event open;
  std::string sent;
  int cuts = 0;
};

const chat::Buffer& farewell() {
  static const chat::Buffer buffer = chat::buffer("!");
  return buffer;
}

TEST(OutboxSender, sendsInOrderWithTheGapFilledAndFinishesOnce) {
  simulated([] {
    Senders senders;
    StubLink link;
    OutboxSender sender(senders, link, farewell());
    sender.push(chat::buffer("a"), now());
    const auto gap = sender.gap();
    sender.push(chat::buffer("c"), now());
    sleep(1ms);
    EXPECT_EQ(link.sent, "a");
    sender.fill(gap, chat::buffer("b"));
    sender.drain();
    sender.drain();
    EXPECT_EQ(link.sent, "abc.");
    EXPECT_EQ(link.cuts, 0);
    EXPECT_FALSE(sender.push(chat::buffer("d"), now()));
  });
}

TEST(OutboxSender, cutsAPeerThatReadsNothingWhenTheTimeToDrainIsOver) {
  simulated([] {
    Senders senders;
    StubLink link;
    OutboxSender sender(senders, link, farewell());
    link.open.clear();
    sender.push(chat::buffer("a"), now());
    const TimePoint begin = now();
    sender.drain(5s);
    EXPECT_GE(now() - begin, 5s);
    EXPECT_EQ(link.sent, "");
    EXPECT_EQ(link.cuts, 1);
  });
}

TEST(OutboxSender, cutsTheConnectionIfItsReaderDoesNotEndAfterTheLastBytes) {
  simulated([] {
    Senders senders;
    StubLink link;
    OutboxSender sender(senders, link, farewell(), {4, 30s});
    link.open.clear();
    sender.push(chat::buffer("abc"), now());
    sleep(1ms);
    EXPECT_FALSE(sender.push(chat::buffer("def"), now()));
    EXPECT_TRUE(sender.broken());
    link.open.set();
    sleep(1s);
    EXPECT_EQ(link.sent, "abc!.");
    EXPECT_EQ(link.cuts, 0);
    sleep(2s);
    EXPECT_EQ(link.cuts, 1);
  });
}

}  // namespace
}  // namespace loquat::doors
