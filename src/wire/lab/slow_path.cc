#include "wire/lab/slow_path.h"

#include <algorithm>
#include <chrono>

namespace loquat::wire {

Duration SlowPath::transmission(std::size_t size) const {
  if (way_.bytes_per_second == 0) return {};
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(static_cast<double>(size) / static_cast<double>(way_.bytes_per_second)));
}

std::optional<Duration> SlowPath::extra(Side from, std::size_t size, Duration sent) {
  Direction& direction = directions_[static_cast<std::size_t>(from)];
  const Duration sent_on = std::max(direction.free, sent) + transmission(size);
  if (way_.queue > 0 && sent_on - sent > transmission(way_.queue)) return std::nullopt;
  direction.free = sent_on;
  Duration arrival = direction.free + way_.delay;
  if (way_.jitter > Duration::zero())
    arrival += Duration(static_cast<Duration::rep>(random_()) % (way_.jitter.count() + 1));
  direction.latest = std::max(direction.latest, arrival);
  return direction.latest - sent;
}

}  // namespace loquat::wire
