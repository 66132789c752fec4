#include "sim/faults.h"

#include <algorithm>

namespace loquat::sim {
namespace {

bool covers(const Name& rule, const Name& name) {
  return rule.family == AF_UNSPEC || (name.family != AF_UNIX && rule.same_ip(name));
}

}  // namespace

Faults::Faults(Core& core)
    : core_(core), min_latency_(core.options.min_latency), max_latency_(core.options.max_latency) {}

void Faults::set_latency(Duration min, Duration max) {
  min_latency_ = min;
  max_latency_ = max;
}

void Faults::partition(const Name& a, const Name& b, Duration time) {
  TimePoint now = core_.timeline.now();
  std::erase_if(partitions_, [&](const Partition& old) { return old.until <= now; });
  partitions_.push_back({a, b, deadline_after(now, time)});
}

TimePoint Faults::blocked_until(const Name& a, const Name& b) const {
  TimePoint until = TimePoint::min();
  if (a.family == AF_UNIX) return until;
  for (const Partition& p : partitions_) {
    if ((covers(p.a, a) && covers(p.b, b)) || (covers(p.a, b) && covers(p.b, a))) until = std::max(until, p.until);
  }
  return until;
}

void Faults::refuse(const Name& to, Duration time) {
  TimePoint now = core_.timeline.now();
  std::erase_if(refusals_, [&](const Refusal& old) { return old.until <= now; });
  refusals_.push_back({to, deadline_after(now, time)});
}

bool Faults::refused(const Name& to) {
  TimePoint now = core_.timeline.now();
  for (const Refusal& refusal : refusals_) {
    bool same = refusal.to.same_ip(to) && refusal.to.port == to.port && refusal.to.path == to.path;
    if (same && now < refusal.until) return true;
  }
  return core_.network.one_in(core_.options.refuse_one_in);
}

// 10 us to 5 s, as many in each power of two, so that short connections are met as well as long ones.
Duration Faults::reset_after() {
  if (!core_.network.one_in(core_.options.reset_one_in)) return Duration::max();
  return std::chrono::microseconds(10) * (std::int64_t{1} << core_.network.below(20));
}

}  // namespace loquat::sim
