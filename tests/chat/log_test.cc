// The log with several workers, in every World: all members see one order, and only committed lines are shown.
#include "chat/log.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "chat/memory_archive.h"
#include "chat/session.h"
#include "tests/worlds.h"

namespace loquat::chat {
namespace {

constexpr std::size_t worker_count = 2;
using Kind = CommandKind;

// A listener that records its events.
struct Ear final : Subscriber {
  void deliver(Delivery& delivery) noexcept override { got.push_back(delivery.event()); }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const ChatEvent& e : got) {
      if (e.kind <= EventKind::action) out.push_back(e.text);
    }
    return out;
  }
  std::vector<ChatEvent> got;
};

struct Client {
  explicit Client(Log& log, std::string nick = {}, std::string room = {}) : session(log, ear) {
    reason = session.connect(std::move(nick), "u@here", "192.0.2.1").get().reason;
    if (!room.empty()) session.join(std::move(room)).get();
  }
  Outcome post(std::string room, std::string text) {
    return session.post(Kind::message, std::move(room), std::move(text)).get();
  }
  Ear ear;
  Session session;
  Reason reason;
};

WallTime still_clock() { return WallTime(std::chrono::seconds(1'700'000'000)); }
LogOptions options() {
  LogOptions o;
  o.clock = still_clock;
  o.retry_first = std::chrono::milliseconds(1);
  return o;
}

class LogTest : public ::testing::TestWithParam<std::string> {
 protected:
  template <class F>
  void in_world(F&& body) {
    run_in(
        GetParam(),
        [&] {
          MemoryArchive archive;
          Log log(archive, options());
          body(log, archive);
        },
        worker_count);
  }
  // Runs body(i) for each i below `count`, spread over the workers, and waits for all.
  template <class F>
  static void everywhere(std::size_t count, F&& body) {
    std::vector<Fiber<>> fibers;
    for (std::size_t i = 0; i < count; ++i) fibers.push_back(spawn_on(i % workers(), [&body, i] { body(i); }));
    for (auto& fiber : fibers) fiber.get();
  }
};

// A random number for the client's next step. Each client has its own generator, so the order of clients does not
// matter.
struct Dice {
  std::uint64_t state;
  std::size_t operator()(std::size_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % bound;
  }
};

void wander(Session& session, std::size_t i) {
  const std::string rooms[] = {"#a", "#b", "#c"};
  Dice dice{i + 1};
  for (int step = 0; step < 60; ++step) {
    const std::string room = rooms[dice(3)];
    switch (dice(8)) {
      case 0:
        session.join(room);
        break;
      case 1:
        session.part(room);
        break;
      case 2:
        session.rename("n" + std::to_string(i) + "x" + std::to_string(step));
        break;
      case 3:
        session.topic(room, "t" + std::to_string(step));
        break;
      default:
        session.post(Kind::message, room, std::to_string(i) + "." + std::to_string(step));
    }
    if (dice(10) == 0) session.settle();
    if (dice(10) == 0) sleep(std::chrono::microseconds(dice(500)));
  }
  session.settle();
}

// Checks that `ear` saw the same events as `all`, in ascending order, and every event of a room while it was a member.
void expect_same_story(const Ear& ear, SessionId me, const std::map<Seq, ChatEvent>& all) {
  std::set<Seq> seen;
  Seq last = 0;
  for (const ChatEvent& e : ear.got) {
    EXPECT_GT(e.seq, last);
    last = e.seq;
    seen.insert(e.seq);
    const auto found = all.find(e.seq);
    EXPECT_TRUE(found == all.end() || found->second.text == e.text) << "event " << e.seq;
  }
  std::set<std::string> in;
  for (const auto& [seq, e] : all) {
    if (e.session == me && e.kind == EventKind::join) in.insert(e.room);
    EXPECT_TRUE(e.room.empty() || seen.contains(seq) == in.contains(e.room)) << "event " << seq << " in " << e.room;
    if (e.session == me && e.kind == EventKind::part) in.erase(e.room);
    if (e.session == me && e.kind == EventKind::quit) in.clear();
  }
}

TEST_P(LogTest, EveryMemberSeesOneOrder) {
  in_world([](Log& log, MemoryArchive& archive) {
    constexpr std::size_t walkers = 8;
    Client witness(log, "witness");
    for (const char* room : {"#a", "#b", "#c"}) witness.session.join(room).get();
    std::vector<std::unique_ptr<Ear>> ears(walkers);
    std::vector<SessionId> ids(walkers);
    everywhere(walkers, [&](std::size_t i) {
      Client client(log);
      wander(client.session, i);
      ids[i] = client.session.id();
      client.session.quit().get();
      ears[i] = std::make_unique<Ear>(client.ear);
    });
    witness.session.settle();
    std::map<Seq, ChatEvent> all;
    for (const ChatEvent& e : witness.ear.got) all[e.seq] = e;
    EXPECT_GT(all.size(), 100u);
    for (std::size_t i = 0; i < walkers; ++i) expect_same_story(*ears[i], ids[i], all);
    for (const char* room : {"#a", "#b", "#c"}) {
      for (const ChatEvent& kept : archive.after(room, 0, 10'000)) EXPECT_EQ(all.at(kept.seq).text, kept.text);
    }
  });
}

TEST_P(LogTest, OnlyOneOfManyGetsTheNick) {
  in_world([](Log& log, MemoryArchive&) {
    std::vector<std::unique_ptr<Client>> clients(20);
    everywhere(20, [&](std::size_t i) { clients[i] = std::make_unique<Client>(log, i % 2 != 0 ? "Ada" : "aDA"); });
    EXPECT_EQ(std::count_if(clients.begin(), clients.end(), [](auto& c) { return c->reason == Reason::none; }), 1);
    everywhere(20, [&](std::size_t i) {
      const Reason expected = clients[i]->reason == Reason::none ? Reason::already_member : Reason::none;
      EXPECT_EQ(clients[i]->session.connect("", "", "").get().reason, expected);
      clients[i].reset();
    });
    Client first(log, "bob"), second(log, "b0b");
    EXPECT_EQ(second.reason, Reason::nick_in_use) << "it looks the same";
  });
}

// Once a session has settled, every member on every worker has its lines; and a paste needs only a few commits.
TEST_P(LogTest, APasteSharesCommitsAndKeepsItsOrder) {
  in_world([](Log& log, MemoryArchive&) {
    std::optional<Client> far;
    spawn_on(1, [&] { far.emplace(log, "far", "#tea"); }).get();
    Client near(log, "near", "#tea");
    const auto before = log.counters().commits;
    for (int i = 0; i < 1000; ++i)
      near.session.post(Kind::message, "#tea", std::to_string(i), {}, 5000u + static_cast<unsigned>(i));
    Seq last = 0;
    near.session.settle([&](const Ticket& ticket) {
      EXPECT_TRUE(ticket.get().ok());
      EXPECT_GT(ticket.get().seq, last);
      last = ticket.get().seq;
    });
    EXPECT_EQ(near.session.unsettled(), 0u);
    EXPECT_LE(log.counters().commits - before, 60u);
    const auto texts = spawn_on(1, [&] { return far->ear.texts(); }).get();
    ASSERT_EQ(texts.size(), 1000u);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(texts[static_cast<std::size_t>(i)], std::to_string(i));
    EXPECT_EQ(near.ear.got.back().command, 5999u) << "the echo names its command";
    spawn_on(1, [&] { far.reset(); }).get();
  });
}

TEST_P(LogTest, AClockThatWasFastDoesNotStampWhatFollows) {
  run_in(
      GetParam(),
      [&] {
        std::atomic<std::int64_t> seconds{1'700'000'000};
        LogOptions moving = options();
        moving.clock = [&] { return WallTime(std::chrono::seconds(seconds.load())); };
        MemoryArchive archive;
        Log log(archive, moving);
        Client ada(log, "ada", "#tea");
        const auto said_after = [&](std::int64_t change) {
          seconds += change;
          ada.post("#tea", "x");
          return archive.latest("#tea", 1).back().time - WallTime(std::chrono::seconds(1'700'000'000));
        };
        constexpr std::int64_t day = 86'400;
        EXPECT_EQ(said_after(0), std::chrono::seconds(0));
        EXPECT_EQ(said_after(10), std::chrono::seconds(10));
        EXPECT_EQ(said_after(-5), std::chrono::seconds(10)) << "a little back: it waits";
        EXPECT_EQ(said_after(6), std::chrono::seconds(11));
        EXPECT_EQ(said_after(day), std::chrono::seconds(day + 11));
        EXPECT_EQ(said_after(-day), std::chrono::seconds(11)) << "it is right again";
      },
      1);
}

TEST_P(LogTest, AnEmptyRoomIsForgottenAndItsHistoryIsNot) {
  in_world([](Log& log, MemoryArchive&) {
    Client ada(log, "ada", "#Tea");
    ada.session.topic("#tea", "hot");
    ada.session.part("#tea");
    EXPECT_TRUE(ada.session.join("#TEA").get().ok()) << "in the same batch";
    ASSERT_NE(log.hub().room("#tea"), nullptr);
    EXPECT_EQ(log.hub().room("#tea")->topic.text, "hot");
    EXPECT_EQ(log.hub().room("#tea")->name, "#Tea") << "as in the history";
    ada.session.part("#tea").get();
    EXPECT_EQ(log.hub().room("#tea"), nullptr);
    ada.session.join("#tea").get();
    EXPECT_EQ(log.hub().room("#tea")->topic.nick, "ada");
  });
}

TEST_P(LogTest, AFailedCommitIsNotShownAndMakesRoomsReadOnly) {
  in_world([](Log& log, MemoryArchive& archive) {
    Client ada(log, "ada", "#tea"), bob(log, "bob", "#tea");
    EXPECT_TRUE(ada.post("#tea", "one").ok());
    archive.fail_with("the disk is full");
    auto lost = ada.session.post(Kind::message, "#tea", "lost");
    auto nick = ada.session.rename("ada2");  // in the same batch: takes effect
    EXPECT_EQ(lost.get().reason, Reason::not_saved);
    EXPECT_EQ(lost.get().details, "") << "that is for operators";
    EXPECT_EQ(lost.get().seq, 0u);
    EXPECT_TRUE(nick.get().ok());
    EXPECT_FALSE(log.writable());
    EXPECT_EQ(log.trouble(), "the disk is full");
    EXPECT_EQ(ada.post("#tea", "refused").reason, Reason::read_only);
    bob.session.submit(Command::oper());
    EXPECT_EQ(bob.post("#tea", "refused").details, "the disk is full");
    EXPECT_EQ(ada.session.topic("#tea", "refused").get().reason, Reason::read_only);
    EXPECT_TRUE(ada.session.join("#new").get().ok());
    EXPECT_TRUE(ada.post("bob", "privately").ok());
    archive.fail_with({});
    log.wait_writable();
    EXPECT_EQ(log.trouble(), "");
    EXPECT_TRUE(ada.post("#tea", "two").ok());
    EXPECT_EQ(bob.ear.texts(), (std::vector<std::string>{"one", "privately", "two"}));
    EXPECT_EQ(archive.latest("#tea", 10).size(), 2u) << "private messages and failed ones are not kept";
    EXPECT_EQ(log.hub().room("#tea")->topic.text, "");
  });
}

TEST_P(LogTest, NumbersAreNotUsedTwice) {
  run_in(
      GetParam(),
      [] {
        MemoryArchive archive;
        Seq last = 0;
        for (int restart = 0; restart < 3; ++restart) {
          Log log(archive, options());
          Client ada(log, "ada", "#tea");
          EXPECT_GT(ada.ear.got.front().seq, last);
          const Seq line = ada.post("#tea", "hi").seq;
          for (int i = 0; i < 20; ++i) ada.session.rename("n" + std::to_string(i)).get();  // not kept
          last = ada.ear.got.back().seq;
          EXPECT_EQ(last, line + 20);
        }
        EXPECT_EQ(archive.latest("#tea", 10).size(), 3u);
      },
      worker_count);
}

TEST_P(LogTest, AFullQueueMakesSubmittersWait) {
  run_in(
      GetParam(),
      [] {
        MemoryArchive archive;
        LogOptions small = options();
        small.queue = 4;
        small.batch = 3;
        Log log(archive, small);
        Client ada(log, "ada", "#tea");
        for (int i = 0; i < 100; ++i) ada.session.post(Kind::message, "#tea", std::to_string(i));
        ada.session.settle();
        EXPECT_EQ(ada.ear.texts().size(), 100u);
      },
      worker_count);
}

TEST_P(LogTest, AfterStopCommandsAreRefused) {
  in_world([](Log& log, MemoryArchive& archive) {
    Client ada(log, "ada", "#tea");
    auto before = ada.session.post(Kind::message, "#tea", "in time");
    log.stop();
    EXPECT_TRUE(before.get().ok());
    EXPECT_EQ(ada.post("#tea", "too late").reason, Reason::stopped);
    EXPECT_EQ(archive.latest("#tea", 10).size(), 1u);
  });
}

TEST_P(LogTest, StopRefusesWaitingSubmitters) {
  run_in(
      GetParam(),
      [] {
        MemoryArchive archive;
        LogOptions small = options();
        small.queue = 1;
        Log log(archive, small);
        Client ada(log, "ada", "#tea");
        std::vector<Fiber<Reason>> waiting;
        for (int i = 0; i < 20; ++i) {
          waiting.push_back(spawn([&] { return log.submit({Kind::notice, 0, "#tea", {}, "hi", {}}).get().reason; }));
        }
        sleep(Duration(0));  // now each is in the queue or waits for room
        log.stop();
        std::size_t refused = 0;
        for (auto& fiber : waiting) refused += fiber.get() == Reason::stopped;
        EXPECT_GT(refused, 0u);
      },
      worker_count);
}

TEST_P(LogTest, ASessionThatIsDestroyedQuits) {
  in_world([](Log& log, MemoryArchive&) {
    Client ada(log, "ada", "#tea");
    {
      Client bob(log, "bob", "#tea");
      bob.session.set_quit_text("connection reset");
      bob.session.post(Kind::message, "#tea", "my last words");
    }
    Client eve(log, "bob");
    EXPECT_EQ(eve.reason, Reason::none) << "the nick is free";
    const auto& got = ada.ear.got;
    ASSERT_GE(got.size(), 2u);
    EXPECT_EQ(got[got.size() - 2].text, "my last words");
    EXPECT_EQ(got.back().kind, EventKind::quit);
    EXPECT_EQ(got.back().text, "connection reset");
  });
}

TEST_P(LogTest, AQuitNeverWaits) {
  in_world([](Log& log, MemoryArchive&) {
    Client ada(log, "ada", "#tea");
    const auto first = ada.session.post(Kind::message, "#tea", "first");  // the writer fiber runs on this worker
    while (ada.session.unsettled() < Session::window) ada.session.post(Kind::message, "#tea", "more");
    const auto quit = ada.session.quit("gone");
    EXPECT_FALSE(first.done());
    EXPECT_TRUE(quit.get().ok());
  });
}

TEST_P(LogTest, OperatorsRemoveAndBan) {
  in_world([](Log& log, MemoryArchive& archive) {
    Client ada(log, "ada", "#tea"), bob(log, "bob", "#tea");
    const Seq line = bob.post("#tea", "rude").seq;
    const auto operate = [&](Command command) { return ada.session.submit(std::move(command)).get().reason; };
    EXPECT_EQ(operate(Command::remove(line)), Reason::not_operator);
    EXPECT_EQ(operate(Command::oper()), Reason::none);
    EXPECT_EQ(operate(Command::remove(line + 50)), Reason::no_such_event);
    EXPECT_EQ(operate(Command::remove(line)), Reason::none);
    EXPECT_EQ(operate(Command::remove(line)), Reason::no_such_event) << "twice";
    EXPECT_EQ(bob.ear.got.back().kind, EventKind::remove);
    EXPECT_EQ(bob.ear.got.back().ref, line);
    EXPECT_FALSE(archive.find(line));
    archive.fail_with("the disk is full");
    EXPECT_EQ(operate(Command::ban("bob")), Reason::not_saved);
    EXPECT_NE(bob.session.self(), nullptr) << "a ban that is not saved bans nobody";
    archive.fail_with({});
    log.wait_writable();
    EXPECT_EQ(operate(Command::ban("bob")), Reason::none);
    EXPECT_EQ(bob.ear.got.back().kind, EventKind::quit);
    EXPECT_EQ(bob.session.self(), nullptr);
    EXPECT_EQ(bob.post("#tea", "still here?").reason, Reason::no_session);
    EXPECT_EQ(bob.session.connect("Bob", "", "").get().reason, Reason::banned);
  });
}

// A member joins while others talk: the history up to its join and the live lines after it contain each line once.
TEST_P(LogTest, HistoryAndLiveLinesMeetWithoutGapOrDuplicate) {
  in_world([](Log& log, MemoryArchive& archive) {
    auto talker = spawn_on(1, [&] {
      Client ada(log, "ada", "#tea");
      for (int i = 0; i < 200; ++i) {
        ada.session.post(Kind::message, "#tea", std::to_string(i));
        if (i % 7 == 0) ada.session.settle();
      }
      ada.session.settle();
    });
    std::vector<std::unique_ptr<Client>> comers;
    std::vector<Seq> joined;
    for (int i = 0; i < 10; ++i) {
      sleep(std::chrono::microseconds(300));
      comers.push_back(std::make_unique<Client>(log));
      joined.push_back(comers.back()->session.join("#tea").get().seq);
    }
    talker.get();
    for (std::size_t i = 0; i < comers.size(); ++i) {
      std::vector<std::string> story;
      for (const ChatEvent& e : archive.latest("#tea", 1000, joined[i])) story.push_back(e.text);
      for (const std::string& text : comers[i]->ear.texts()) story.push_back(text);
      ASSERT_EQ(story.size(), 200u);
      for (std::size_t k = 0; k < story.size(); ++k) EXPECT_EQ(story[k], std::to_string(k));
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Worlds, LogTest, ::testing::Values("epoll", "uring", "sim"), world_name);

}  // namespace
}  // namespace loquat::chat
