// core.h - what all parts of one simulation share: its options, the virtual clock with its pending events, the
// streams of random numbers, and the trace.
//
// Layer: sim.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string_view>
#include <vector>

#include "loquat/testing.h"
#include "sim/random.h"

namespace loquat::sim {

// The clock, and events in order of time. Events of the same time keep their order of arrival.
class Timeline {
 public:
  using Event = std::function<void()>;

  TimePoint now() const noexcept { return now_; }
  TimePoint started() const noexcept { return start; }
  void at(TimePoint when, Event event);
  void after(Duration time, Event event) { at(deadline_after(now_, time), std::move(event)); }
  // The time of the next event, or never.
  TimePoint next() const noexcept { return events_.empty() ? never : events_.top().when; }
  // Runs the events that are due, in order, and those that become due meanwhile. Returns their number.
  std::uint64_t run_due();
  // Never moves the clock back.
  void advance(TimePoint to) noexcept { now_ = std::max(now_, to); }

 private:
  // Not the epoch, so that an unset time is noticed.
  static constexpr TimePoint start{std::chrono::hours(1000)};

  struct Entry {
    TimePoint when;
    std::uint64_t order;
    mutable Event event;
    bool operator<(const Entry& other) const noexcept {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  TimePoint now_ = start;
  std::uint64_t order_ = 0;
  std::priority_queue<Entry> events_;
};

// Every event of the run, as a hash and on request as text.
class Trace {
 public:
  Trace(const Timeline& timeline, LogSink* sink) : timeline_(timeline), sink_(sink) {}
  // `a` is a socket's number or a worker's; `b` depends on `what`.
  void add(const char* what, std::uint64_t a, std::uint64_t b = 0);
  // Records bytes that socket `a` receives.
  void add_bytes(std::uint64_t a, std::string_view bytes);
  std::uint64_t hash() const noexcept { return hash_; }

 private:
  void mix_in(std::uint64_t value) noexcept { hash_ = mix(hash_ ^ value); }
  const Timeline& timeline_;
  LogSink* sink_;
  std::uint64_t hash_ = 0;
};

struct Core {
  Core(std::uint64_t seed, const testing::SimOptions& o)
      : options(o), network(seed, 1), schedule(seed, 2), program(seed, 3), trace(timeline, o.trace) {}

  const testing::SimOptions options;
  Timeline timeline;
  Random network;   // delays, segments, ports, faults
  Random schedule;  // which worker runs, and when completions are delivered
  Random program;   // World::random() and testing::random()
  Trace trace;
  testing::SimReport report;
};

}  // namespace loquat::sim
