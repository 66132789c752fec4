// The contract of a poller (sched/poller.h), on the bare network, for many seeds.
#include "sim/sim_poller.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <string>

#include "loquat/address.h"
#include "sim/sim_world.h"

namespace loquat::sim {
namespace {

using sys::Operation;
using sys::OpKind;

// An operation that counts how often it is done.
struct Counted : Operation {
  Counted(OpKind what, int fd, int with_flags = 0) : Operation(what, with_flags) {
    handle.number = fd;
    done = [](Operation* operation) noexcept { ++static_cast<Counted*>(operation)->times; };
  }
  int times = 0;
  char buffer[64] = {};
};

struct Recv : Counted {
  Recv(int fd, std::size_t wanted, int with_flags = 0) : Counted(OpKind::recv, fd, with_flags) {
    data = buffer;
    size = wanted;
  }
};

class PollerTest {
 public:
  explicit PollerTest(std::uint64_t seed) : core(seed, {}), world(core), poller(core, world.net()) {
    listener = world.socket(AF_INET, SOCK_STREAM, 0);
    Address any("127.0.0.1", 0);
    EXPECT_EQ(world.bind(listener, any.data(), any.size()), 0);
    EXPECT_EQ(world.listen(listener, 8), 0);
    connect();
  }

  // Lets everything arrive, and the poller hand out.
  void settle() {
    poller.wait(TimePoint::min());
    while (core.timeline.next() != never) {
      core.timeline.advance(core.timeline.next());
      core.timeline.run_due();
      poller.wait(TimePoint::min());
    }
  }
  void connect() {
    client = world.socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_storage to{};
    socklen_t size = sizeof to;
    EXPECT_EQ(world.getsockname(listener, reinterpret_cast<sockaddr*>(&to), &size), 0);
    Counted connecting(OpKind::connect, client);
    connecting.address = reinterpret_cast<sockaddr*>(&to);
    connecting.size = size;
    Counted accepting(OpKind::accept, listener);
    EXPECT_FALSE(poller.start(accepting));
    EXPECT_FALSE(poller.start(connecting));
    settle();
    EXPECT_EQ(connecting.times, 1);
    EXPECT_EQ(connecting.result, 0);
    EXPECT_EQ(accepting.times, 1);
    server = static_cast<int>(accepting.result);
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      Counted sending(OpKind::send, server);
      sending.const_data = text.data();
      sending.size = text.size();
      if (!poller.start(sending)) settle();
      ASSERT_GT(sending.result, 0);
      text.remove_prefix(static_cast<std::size_t>(sending.result));
    }
  }

  Core core;
  SimWorld world;
  SimPoller poller;
  int listener = -1;
  int client = -1;
  int server = -1;
};

template <class F>
void each_seed(F&& test) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    PollerTest fixture(seed);
    test(fixture);
  }
}

TEST(SimPoller, FinishesEachOperationOnceAndInOrder) {
  each_seed([](PollerTest& t) {
    std::deque<Recv> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back(t.client, 1);
      EXPECT_FALSE(t.poller.start(readers.back()));
    }
    EXPECT_EQ(t.poller.pending(), 3u);
    t.send("abc");
    t.settle();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(readers[i].times, 1);
      EXPECT_EQ(readers[i].result, 1);
      EXPECT_EQ(readers[i].buffer[0], "abc"[i]);
    }
    EXPECT_EQ(t.poller.pending(), 0u);
  });
}

TEST(SimPoller, FinishesAtOnceOrLater) {
  int at_once = 0, later = 0;
  each_seed([&](PollerTest& t) {
    t.send("x");
    t.settle();
    Recv reader(t.client, 1);
    if (t.poller.start(reader)) {
      ++at_once;
      t.settle();
      EXPECT_EQ(reader.times, 0);
    } else {
      ++later;
      t.settle();
      EXPECT_EQ(reader.times, 1);
    }
    EXPECT_EQ(reader.result, 1);
  });
  EXPECT_GT(at_once, 0);
  EXPECT_GT(later, 0);
}

TEST(SimPoller, DontwaitNeverPends) {
  each_seed([](PollerTest& t) {
    Recv waiting(t.client, 1);
    EXPECT_FALSE(t.poller.start(waiting));
    Recv impatient(t.client, 1, MSG_DONTWAIT);
    EXPECT_TRUE(t.poller.start(impatient));
    EXPECT_EQ(impatient.result, -EAGAIN);
    t.poller.cancel(waiting);
    t.settle();
  });
}

TEST(SimPoller, CancelEndsOnce) {
  int inside = 0;
  each_seed([&](PollerTest& t) {
    Recv reader(t.client, 1);
    EXPECT_FALSE(t.poller.start(reader));
    t.poller.cancel(reader);
    inside += reader.times;
    t.settle();
    t.poller.cancel(reader);
    EXPECT_EQ(reader.times, 1);
    EXPECT_EQ(reader.result, -ECANCELED);
  });
  EXPECT_GT(inside, 0);
  EXPECT_LT(inside, 50);
}

TEST(SimPoller, AFinishedOperationBeatsCancel) {
  each_seed([](PollerTest& t) {
    Recv reader(t.client, 8);
    EXPECT_FALSE(t.poller.start(reader));
    t.send("kept");
    while (t.core.timeline.next() != never) {
      t.core.timeline.advance(t.core.timeline.next());
      t.core.timeline.run_due();
    }
    t.poller.collect();  // the bytes are taken, done() is still to come
    t.poller.cancel(reader);
    t.settle();
    EXPECT_EQ(reader.times, 1);
    EXPECT_GT(reader.result, 0);
    EXPECT_EQ(std::string(reader.buffer), std::string("kept").substr(0, static_cast<std::size_t>(reader.result)));
  });
}

TEST(SimPoller, CancelTakesNoByte) {
  each_seed([](PollerTest& t) {
    Recv reader(t.client, 8);
    EXPECT_FALSE(t.poller.start(reader));
    t.poller.cancel(reader);
    t.settle();
    t.send("kept");
    t.settle();
    Recv next(t.client, 8);
    if (!t.poller.start(next)) t.settle();
    EXPECT_EQ(std::string(next.buffer), "kept");
  });
}

TEST(SimPoller, ClosingTheDescriptorEndsItsWaits) {
  each_seed([](PollerTest& t) {
    Recv reader(t.client, 8);
    EXPECT_FALSE(t.poller.start(reader));
    EXPECT_EQ(t.world.close(t.client), 0);
    EXPECT_EQ(t.world.socket(AF_INET, SOCK_STREAM, 0), t.client) << "the lowest number is used again";
    t.settle();
    EXPECT_EQ(reader.times, 1);
    EXPECT_EQ(reader.result, -EBADF);
  });
}

TEST(SimPoller, GathersAndScatters) {
  each_seed([](PollerTest& t) {
    iovec out[] = {{const_cast<char*>("one "), 4}, {nullptr, 0}, {const_cast<char*>("two"), 3}};
    msghdr message{};
    message.msg_iov = out;
    message.msg_iovlen = 3;
    Counted sending(OpKind::sendmsg, t.server);
    sending.message = &message;
    if (!t.poller.start(sending)) t.settle();
    ASSERT_GE(sending.result, 1);
    t.settle();
    char a[3] = {}, b[8] = {};
    iovec in[] = {{a, 2}, {b, 7}};
    msghdr received{};
    received.msg_iov = in;
    received.msg_iovlen = 2;
    Counted receiving(OpKind::recvmsg, t.client);
    receiving.message = &received;
    if (!t.poller.start(receiving)) t.settle();
    EXPECT_EQ(receiving.result, sending.result);
    EXPECT_EQ(std::string(a) + b, std::string("one two").substr(0, static_cast<std::size_t>(sending.result)));
  });
}

TEST(SimPoller, FilesAreNotSockets) {
  PollerTest t(1);
  Counted reading(OpKind::read, t.client);
  if (!t.poller.start(reading)) t.settle();
  EXPECT_EQ(reading.result, -EINVAL);
}

}  // namespace
}  // namespace loquat::sim
