#include "wire/lab/slow_path.h"

#include <algorithm>
#include <chrono>

namespace loquat::wire {

Duration SlowPath::extra(Side from, std::size_t size, Duration sent) {
  Direction& direction = directions_[static_cast<std::size_t>(from)];
  Duration transmission{};
  if (way_.bytes_per_second > 0) {
    transmission = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(static_cast<double>(size) / static_cast<double>(way_.bytes_per_second)));
  }
  direction.free = std::max(direction.free, sent) + transmission;
  Duration arrival = direction.free + way_.delay;
  if (way_.jitter > Duration::zero())
    arrival += Duration(static_cast<Duration::rep>(random_()) % (way_.jitter.count() + 1));
  direction.latest = std::max(direction.latest, arrival);
  return direction.latest - sent;
}

}  // namespace loquat::wire
