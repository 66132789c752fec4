#include "tests/heartbeat.h"

#include <time.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>
#include <thread>

#include "loquat/run.h"
#include "loquat/tls.h"
#include "tests/worlds.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;

constexpr int beats_before_letting_go = 20;
// A call that seems to spin is watched for longer, so that a busy machine causes no false alarm. If it still seems so,
// the beats become slow: what a beat costs stays the same, what a spin costs grows with the time between beats.
constexpr double suspicious = 5;
constexpr int beats_under_suspicion = 100;
constexpr int slow_beats = 30;
constexpr Duration quick_pace = 1ms, slow_pace = 10ms;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr double most_cpu = 50;
#else
constexpr double most_cpu = 20;
#endif

// CPU of all threads: a helper thread that spins counts, too.
double cpu() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

std::string word_of(const std::function<std::string()>& call) {
  try {
    return call();
  } catch (const Cancelled&) {
    return "Cancelled";
  } catch (const gaierror&) {
    return "gaierror";
  } catch (const herror&) {
    return "herror";
  } catch (const SSLError&) {
    return "SSLError";
  } catch (const OSError& e) {
    return ::strerrorname_np(e.errc());
  } catch (const std::exception& e) {
    return e.what();
  }
}

bool is_one_of(const std::string& word, const std::string& alternatives) {
  std::istringstream list(alternatives + "|");
  for (std::string each; std::getline(list, each, '|');) {
    if (each == word) return true;
  }
  return false;
}

class Trial final : public Hold {
 public:
  Trial(const Case& one, std::string lane, Duration patience)
      : case_(one), lane_(std::move(lane)), patience_(patience) {}

  Verdict run() {
    std::thread lane([this] { lane_ == "threads" ? in_thread() : in_run(); });
    watch();
    std::thread hostile([this] {  // it may wait for a call that never returns
      if (made_) let_go();
      set(let_go_);
    });
    if (!until([this] { return ended_ && let_go_; })) abandon();
    hostile.join();
    set(released_);
    lane.join();
    scene_ = {};
    if (verdict_.fault.empty() && !is_one_of(verdict_.ended, ends_))
      verdict_.fault = "ends with '" + verdict_.ended + "', not with '" + ends_ + "'";
    return verdict_;
  }

  void cancel() override {
    std::unique_lock lock(mutex_);
    fiber_.cancel();
  }
  bool ended() override {
    std::unique_lock lock(mutex_);
    return ended_;
  }

 private:
  // --- in the lane ---
  void in_run() {
    RunOptions options;
    options.poller = lane_ == "epoll" ? PollerKind::epoll : PollerKind::uring;
    options.stack_size = 256 * 1024;
    loquat::run(
        [this] {
          if (!make()) return;
          bool stop = false;
          auto heart = spawn([&] {
            for (; !stop; beat()) sleep(pace());
          });
          auto call = spawn([this] { perform(); });
          {
            std::unique_lock lock(mutex_);
            fiber_ = call;
          }
          call.join();
          while (!released()) sleep(1ms);
          stop = true;
          heart.join();
        },
        options);
  }
  void in_thread() {
    if (make()) perform();
  }
  bool make() {
    try {
      scene_ = case_.make();
    } catch (const std::exception& e) {
      end(std::string("set-up failed: ") + e.what());
      return false;
    }
    ends_ = scene_.ends;
    set(made_);
    return true;
  }
  void perform() {
    thread_ = ::gettid();
    set(started_);
    end(word_of(scene_.call));
  }
  void end(std::string word) {
    std::unique_lock lock(mutex_);
    verdict_.ended = std::move(word);
    ended_ = true;
    changed_.notify_all();
  }
  void beat() {
    std::unique_lock lock(mutex_);
    if (!started_) return;
    if (verdict_.beats++ == 0) cpu_at_first_ = cpu();
    changed_.notify_all();
  }
  void set(bool& flag) {
    std::unique_lock lock(mutex_);
    flag = true;
    changed_.notify_all();
  }
  Duration pace() {
    std::unique_lock lock(mutex_);
    return pace_;
  }
  bool released() {
    std::unique_lock lock(mutex_);
    return released_;
  }

  // --- in the test's thread ---
  template <class F>
  bool until(F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience_, condition);
  }
  bool beaten(int wanted) {
    if (lane_ != "threads") return until([&] { return verdict_.beats >= wanted; });
    ready_beats_ = looked_at_ = 0;
    for (beat(); verdict_.beats < wanted; beat()) {
      std::this_thread::sleep_for(pace());
      ++looked_at_;
      if (!ended() && !sleeps(thread_)) ++ready_beats_;
    }
    return true;
  }
  void let_go() {
    const bool at_fault = !verdict_.fault.empty();
    try {
      if (at_fault) scene_.rescue();
      scene_.let_go(*this);
    } catch (const std::exception& e) {
      if (!at_fault) blame(std::string("let_go() throws: ") + e.what());
    }
  }
  void watch() {
    if (!until([this] { return started_ || ended_; })) return blame("set-up does not end");
    if (!started_) return blame(verdict_.ended);
    if (lane_ == "threads") {
      for (int i = 0; i < 1000 && !sleeps(thread_) && !ended(); ++i) ::usleep(1000);
    }
    if (!beaten(beats_before_letting_go)) return blame("blocked: the worker's other fibers stand still");
    if (case_.waits == Waits::yes && ended()) return blame("does not wait: '" + verdict_.ended + "'");
    if ((used() > suspicious || is_ready_mostly()) && !beaten(beats_before_letting_go + beats_under_suspicion))
      return blame("blocked: the worker's other fibers stand still");
    verdict_.cpu = used();
    if (verdict_.cpu > most_cpu && !is_ready_mostly()) {  // filling large buffers takes that once; spinning goes on
      int wanted = slow_beats;
      {
        std::unique_lock lock(mutex_);
        pace_ = slow_pace;
        cpu_at_first_ = cpu();
        wanted += verdict_.beats;
      }
      if (!beaten(wanted)) return blame("blocked: the worker's other fibers stand still");
      verdict_.cpu = used();
    }
    if (verdict_.cpu > most_cpu || is_ready_mostly()) return blame("spins");
    if (case_.waits == Waits::no && !until([this] { return ended_; })) blame("waits for the hostile side");
  }
  // A spinning thread is runnable at each beat, even if a busy machine does not let it run.
  bool is_ready_mostly() const { return 2 * ready_beats_ > looked_at_; }
  double used() {
    std::unique_lock lock(mutex_);
    return cpu() - cpu_at_first_;
  }
  void blame(std::string fault) { verdict_.fault = std::move(fault); }
  [[noreturn]] void abandon() {
    std::fprintf(stderr, "%s / %s / %s: %s does not return though the hostile side lets go (%s)\n",
                 case_.situation.c_str(), case_.call.c_str(), lane_.c_str(), ended() ? "let_go()" : "it",
                 verdict_.fault.empty() ? "no fault before" : verdict_.fault.c_str());
    std::fflush(nullptr);
    std::_Exit(3);
  }

  const Case& case_;
  const std::string lane_;
  const Duration patience_;
  Scene scene_;
  std::string ends_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool made_ = false, started_ = false, ended_ = false, let_go_ = false, released_ = false;
  Fiber<> fiber_;
  Duration pace_ = quick_pace;  // between two beats
  pid_t thread_ = 0;
  int looked_at_ = 0, ready_beats_ = 0;  // when a plain thread was last looked at
  double cpu_at_first_ = 0;
  Verdict verdict_;
};

}  // namespace

Verdict try_case(const Case& one, const std::string& lane, Duration patience) {
  return Trial(one, lane, patience).run();
}

}  // namespace loquat::heartbeat
