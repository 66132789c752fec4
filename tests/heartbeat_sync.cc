// Waiting for other fibers and threads: sync.h, fiber.h and signals.h.
#include <signal.h>

#include <memory>
#include <mutex>
#include <thread>

#include "loquat/run.h"
#include "loquat/signals.h"
#include "loquat/sync.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;

// A mutex that another thread has locked until let_go().
class LockedMutex : public Mutex {
 public:
  LockedMutex() { locked_.wait(); }
  ~LockedMutex() {
    let_go();
    holder_.join();
  }
  void let_go() { let_go_.set(); }

 private:
  Event locked_, let_go_;
  std::thread holder_{[this] {
    const std::lock_guard lock(static_cast<Mutex&>(*this));
    locked_.set();
    let_go_.wait();
  }};
};

struct Everything {
  Event event;
  LockedMutex mutex;
  Semaphore semaphore{0};
  Queue<int> empty;
  Queue<int> full{1};
  Signals signals{SIGUSR1};
  Everything() { full.put(1); }
  void let_go() {
    event.set();
    mutex.let_go();
    semaphore.release();
    empty.put(1);
    full.get();
  }
};

struct Waiter {
  const char* name;
  std::string ends;
  std::function<std::string(Everything&)> call;
  bool has_timeout = false;  // gives up after 30 ms
};

std::string word(bool value) { return value ? "true" : "false"; }
std::string word(const std::optional<int>& value) { return value ? std::to_string(*value) : "nothing"; }

const Waiter waiters[] = {
    {"Event::wait", "set",
     [](Everything& e) {
       e.event.wait();
       return std::string("set");
     }},
    {"Event::wait_for", "true", [](Everything& e) { return word(e.event.wait_for(1h)); }},
    {"Event::wait_for_max", "true", [](Everything& e) { return word(e.event.wait_for(Duration::max())); }},
    {"Event::wait_for_30_ms", "false", [](Everything& e) { return word(e.event.wait_for(30ms)); }, true},
    {"Mutex::lock", "locked",
     [](Everything& e) {
       e.mutex.lock();
       return std::string("locked");
     }},
    {"Semaphore::acquire", "acquired",
     [](Everything& e) {
       e.semaphore.acquire();
       return std::string("acquired");
     }},
    {"Semaphore::acquire_for", "true", [](Everything& e) { return word(e.semaphore.acquire_for(1h)); }},
    {"Semaphore::acquire_for_30_ms", "false", [](Everything& e) { return word(e.semaphore.acquire_for(30ms)); }, true},
    {"Queue::get", "1", [](Everything& e) { return word(e.empty.get()); }},
    {"Queue::get_for", "1", [](Everything& e) { return word(e.empty.get_for(1h)); }},
    {"Queue::get_for_30_ms", "nothing", [](Everything& e) { return word(e.empty.get_for(30ms)); }, true},
    {"Queue::put", "true", [](Everything& e) { return word(e.full.put(2)); }},
    {"Signals::wait", std::to_string(SIGUSR1), [](Everything& e) { return std::to_string(e.signals.wait()); }},
    {"sleep_30_ms", "slept",
     [](Everything&) {
       sleep(30ms);
       return std::string("slept");
     },
     true},
};

struct Probe {
  const char* name;
  std::function<void(Everything&)> call;
};
const Probe prompt[] = {
    {"Event::is_set", [](Everything& e) { (void)e.event.is_set(); }},
    {"Event::wait_for_0", [](Everything& e) { e.event.wait_for(0s); }},
    {"Event::wait_for_min", [](Everything& e) { e.event.wait_for(Duration::min()); }},
    {"Event::wait_for_before_boot", [](Everything& e) { e.event.wait_for(-(Clock::now().time_since_epoch() + 1s)); }},
    {"Mutex::try_lock", [](Everything& e) { e.mutex.try_lock(); }},
    {"Semaphore::try_acquire", [](Everything& e) { e.semaphore.try_acquire(); }},
    {"Semaphore::acquire_for_min", [](Everything& e) { e.semaphore.acquire_for(Duration::min()); }},
    {"Queue::try_get", [](Everything& e) { e.empty.try_get(); }},
    {"Queue::try_put", [](Everything& e) { e.full.try_put(2); }},
    {"Queue::get_for_min", [](Everything& e) { e.empty.get_for(Duration::min()); }},
    {"sleep_0", [](Everything&) { sleep(0s); }},
    {"sleep_min", [](Everything&) { sleep(Duration::min()); }},
    {"sleep_before_boot", [](Everything&) { sleep(-(Clock::now().time_since_epoch() + 1s)); }},
    {"offload", [](Everything&) { offload([] {}); }},
};

void add_waiters(Cases& cases) {
  for (const Waiter& waiter : waiters) {
    cases.push_back({"nobody_lets_go", waiter.name,
                     [&waiter] {
                       auto all = std::make_shared<Everything>();
                       const auto let_go = [all, &waiter](Hold&) {
                         if (waiter.name == std::string("Signals::wait"))
                           ::kill(::getpid(), SIGUSR1);
                         else if (!waiter.has_timeout)
                           all->let_go();
                       };
                       return Scene{[all, &waiter] { return waiter.call(*all); }, let_go, waiter.ends};
                     },
                     waiter.has_timeout ? Waits::no : Waits::yes});
    if (waiter.has_timeout) continue;
    cases.push_back(
        {"nobody_lets_go_cancelled", waiter.name,
         [&waiter] {
           auto all = std::make_shared<Everything>();
           return Scene{[all, &waiter] { return waiter.call(*all); }, [](Hold& hold) { hold.cancel(); }, "Cancelled"};
         },
         Waits::yes, false});
  }
  for (const Probe& each : prompt) {
    cases.push_back({"nobody_lets_go_prompt", each.name,
                     [&each] {
                       auto all = std::make_shared<Everything>();
                       const auto call = [all, &each] {
                         each.call(*all);
                         return std::string("done");
                       };
                       return Scene{call, [](Hold&) {}, "done"};
                     },
                     Waits::no});
  }
}

// --- other fibers ----------------------------------------------------------------------------------------------------

struct Other {
  Event event;
  Fiber<int> fiber;
};
struct Joiner {
  const char* name;
  std::string ends;
  std::function<std::string(Other&)> call;
};
const Joiner joiners[] = {
    {"Fiber::join", "joined",
     [](Other& o) {
       o.fiber.join();
       return std::string("joined");
     }},
    {"Fiber::join_for", "true", [](Other& o) { return word(o.fiber.join_for(1h)); }},
    {"Fiber::join_for_max", "true", [](Other& o) { return word(o.fiber.join_for(Duration::max())); }},
    {"Fiber::get", "42", [](Other& o) { return std::to_string(o.fiber.get()); }},
};

std::shared_ptr<Other> other_fiber() {
  auto other = std::make_shared<Other>();
  other->fiber = spawn([other] {
    other->event.wait();
    return 42;
  });
  sleep(0ms);
  return other;
}

void add_joiners(Cases& cases) {
  for (const Joiner& joiner : joiners) {
    cases.push_back({"fiber_that_does_not_end", joiner.name,
                     [&joiner] {
                       auto other = other_fiber();
                       return Scene{[other, &joiner] { return joiner.call(*other); },
                                    [other](Hold&) { other->event.set(); }, joiner.ends};
                     },
                     Waits::yes, false});
    cases.push_back({"fiber_that_does_not_end_cancelled", joiner.name,
                     [&joiner] {
                       auto other = other_fiber();
                       return Scene{[other, &joiner] { return joiner.call(*other); }, [](Hold& hold) { hold.cancel(); },
                                    "Cancelled"};
                     },
                     Waits::yes, false});
  }
}

// A function on the pool that does not return. A cancelled fiber waits for it nevertheless (fiber.h).
void add_offload(Cases& cases) {
  for (const bool cancelled : {false, true}) {
    cases.push_back({cancelled ? "job_that_does_not_end_cancelled" : "job_that_does_not_end", "offload",
                     [cancelled] {
                       auto gate = std::make_shared<hostile::Gate>();
                       gate->shut();
                       const auto call = [gate] {
                         offload([gate] { gate->pass(); });
                         return std::string("done");
                       };
                       const auto let_go = [gate, cancelled](Hold& hold) {
                         if (cancelled) hold.cancel();
                         gate->open();
                       };
                       return Scene{call, let_go, cancelled ? "Cancelled|done" : "done"};
                     },
                     Waits::yes, !cancelled});
  }
}

}  // namespace

void add_sync(Cases& cases) {
  add_waiters(cases);
  add_joiners(cases);
  add_offload(cases);
}

}  // namespace loquat::heartbeat
