// Every public call that can wait, against hostile peers and a hostile environment: no call blocks its worker, and none
// spins (heartbeat.h). The tables are in heartbeat_*.cc; the parameters are a lane and a situation.
#include "tests/heartbeat.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <map>
#include <set>

#include "loquat/run.h"
#include "loquat/sync.h"
#include "tests/hostile.h"
#include "tests/worlds.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_THREAD__)
constexpr int every = 4;  // of the calls in a situation
#else
constexpr int every = 1;
#endif

// How long a lane may make no progress. Set $LOQUAT_PATIENCE to seconds for debugging.
Duration patience() {
  const char* seconds = std::getenv("LOQUAT_PATIENCE");
  return std::chrono::seconds(seconds == nullptr ? 10 : std::atoi(seconds));
}

Cases all_cases() {
  Cases cases;
  for (auto add :
       {add_receiving, add_sending, add_connecting, add_closing, add_files, add_names, add_sync, add_tls, add_http})
    add(cases);
  return cases;
}

struct Parameter {
  std::string lane, situation;
};
void PrintTo(const Parameter& parameter, std::ostream* out) { *out << parameter.lane << " " << parameter.situation; }

std::vector<Parameter> parameters() {
  std::vector<Parameter> all;
  std::set<std::string> known;
  for (const Case& one : all_cases()) {
    for (const char* lane : {"epoll", "uring", "threads"}) {
      if (one.in_threads || lane != std::string("threads")) {
        if (known.insert(lane + one.situation).second) all.push_back({lane, one.situation});
      }
    }
  }
  return all;
}

// Prints at the end what has run in this process.
class Tally : public ::testing::Environment {
 public:
  static inline std::set<std::string> calls, situations, lanes;
  static inline int runs = 0;
  static void count(const Case& one, const std::string& lane) {
    ++runs;
    calls.insert(one.call);
    situations.insert(one.situation);
    lanes.insert(lane);
  }
  void TearDown() override {
    std::printf("heartbeat: %zu calls in %zu situations on %zu lanes: %d runs\n", calls.size(), situations.size(),
                lanes.size(), runs);
  }
};
const auto* const tally = ::testing::AddGlobalTestEnvironment(new Tally);

// Calls may raise these; Signals waits for SIGUSR1 in any thread.
const bool signals_set = [] {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return ::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}();

class Heartbeat : public ::testing::TestWithParam<Parameter> {};

TEST_P(Heartbeat, GoesOn) {
  int number = 0;
  for (const Case& one : all_cases()) {
    const auto& [lane, situation] = GetParam();
    if (one.situation != situation || (lane == "threads" && !one.in_threads) || number++ % every != 0) continue;
    Tally::count(one, lane);
    const Verdict verdict = try_case(one, lane, patience());
    EXPECT_TRUE(verdict.fault.empty()) << one.call << " / " << situation << " / " << lane << ": " << verdict.fault
                                       << " (" << verdict.beats << " beats, " << verdict.cpu << " ms of CPU)";
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, Heartbeat, ::testing::ValuesIn(parameters()),
                         [](const auto& each) { return each.param.lane + "_" + each.param.situation; });

TEST(HeartbeatTable, IsLarge) {
  std::map<std::string, int> calls, situations;
  int combinations = 0;
  for (const Case& one : all_cases()) {
    ++calls[one.call];
    ++situations[one.situation];
    combinations += one.in_threads ? 3 : 2;
  }
  std::printf("%zu calls, %zu situations, %d combinations with a lane\n", calls.size(), situations.size(),
              combinations);
  EXPECT_GT(calls.size(), 60u);
  EXPECT_GT(combinations, 600);
}

// --- planted faults: forbidden behaviour is detected -----------------------------------------------------------------

class Planted : public ::testing::TestWithParam<std::string> {
 protected:
  std::string fault_of(Scene scene, Waits waits = Waits::yes, Duration patience = 20s) {
    return try_case({"planted", "planted", [scene] { return scene; }, waits}, GetParam(), patience).fault;
  }
};
INSTANTIATE_TEST_SUITE_P(Fibers, Planted, ::testing::Values("epoll", "uring", "threads"), world_name);

TEST_P(Planted, ABlockingAcceptIsDetected) {
  if (GetParam() == "threads") return;  // a plain thread may block
  auto server = std::make_shared<hostile::Fd>(hostile::listener(AF_INET, 1));
  const auto call = [server] {
    const hostile::Fd client(::accept4(*server, nullptr, nullptr, 0));
    return std::string("accepted");
  };
  EXPECT_EQ(fault_of({call, [server](Hold&) { hostile::client_of(*server); }, "accepted"}, Waits::yes, 500ms),
            "blocked: the worker's other fibers stand still");
}

TEST_P(Planted, ASleepingThreadIsDetected) {
  if (GetParam() == "threads") return;
  auto gate = std::make_shared<hostile::Gate>();
  gate->shut();
  const auto call = [gate] {
    gate->pass();
    return std::string("ok");
  };
  EXPECT_EQ(fault_of({call, [gate](Hold&) { gate->open(); }, "ok"}, Waits::yes, 500ms),
            "blocked: the worker's other fibers stand still");
}

// The call blocks only after it has waited for a while.
TEST_P(Planted, LateBlockingIsDetected) {
  if (GetParam() == "threads") return;
  auto gate = std::make_shared<hostile::Gate>();
  gate->shut();
  const auto call = [gate] {
    for (int i = 0; i < 5; ++i) sleep(1ms);
    gate->pass();
    return std::string("ok");
  };
  EXPECT_EQ(fault_of({call, [gate](Hold&) { gate->open(); }, "ok"}, Waits::yes, 500ms),
            "blocked: the worker's other fibers stand still");
}

TEST_P(Planted, BusyRetryingIsDetected) {
  auto go_on = std::make_shared<std::atomic<bool>>(true);
  const auto call = [go_on] {
    while (*go_on) {
      if (workers() != 0) sleep(Duration::zero());
    }
    return std::string("ok");
  };
  EXPECT_EQ(fault_of({call, [go_on](Hold&) { *go_on = false; }, "ok"}), "spins");
}

TEST_P(Planted, SpinningHelpersAreDetected) {
  auto go_on = std::make_shared<std::atomic<bool>>(true);
  const auto call = [go_on] {
    std::vector<std::thread> helpers;  // several, so that they get their share of a busy machine
    for (int i = 0; i < 4; ++i) {
      helpers.emplace_back([go_on] {
        while (*go_on) {
        }
      });
    }
    while (*go_on) sleep(1ms);
    for (auto& each : helpers) each.join();
    return std::string("ok");
  };
  EXPECT_EQ(fault_of({call, [go_on](Hold&) { *go_on = false; }, "ok"}), "spins");
}

TEST_P(Planted, ACallThatDoesNotWaitIsDetected) {
  EXPECT_EQ(fault_of({[] { return std::string("early"); }, [](Hold&) {}, "early"}), "does not wait: 'early'");
}

TEST_P(Planted, ACallThatWaitsForTheHostileSideIsDetected) {
  auto event = std::make_shared<Event>();
  const auto call = [event] {
    event->wait();
    return std::string("ok");
  };
  EXPECT_EQ(fault_of({call, [event](Hold&) { event->set(); }, "ok"}, Waits::no, 500ms), "waits for the hostile side");
}

TEST_P(Planted, AWrongResultIsDetected) {
  auto event = std::make_shared<Event>();
  const auto call = [event] {
    event->wait();
    return std::string("this");
  };
  EXPECT_EQ(fault_of({call, [event](Hold&) { event->set(); }, "that|other"}),
            "ends with 'this', not with 'that|other'");
}

// Such a call would block the rest of the table, so it ends the process.
TEST_P(Planted, ACallThatNeverReturnsIsDetected) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto call = [] {
    Event().wait();
    return std::string();
  };
  EXPECT_EXIT(fault_of({call, [](Hold&) {}, ""}, Waits::yes, 500ms), ::testing::ExitedWithCode(3),
              "planted.*it does not return");
}

}  // namespace
}  // namespace loquat::heartbeat
