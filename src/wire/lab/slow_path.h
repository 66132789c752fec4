// slow_path.h - how long a frame takes on a long and narrow path. Each direction has its own queue, rate and delay.
//
//   Order     Frames of one direction keep their order, whatever the jitter.
//   Loss      A frame for which the queue has no room is lost (drop-tail).
//   Chance    The jitter is the same in each run.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <random>

#include "loquat/time.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

class SlowPath {
 public:
  struct Way {
    Duration delay{};                  // in one direction
    Duration jitter{};                 // up to that much more
    std::size_t bytes_per_second = 0;  // 0: no limit
    std::size_t queue = 0;             // bytes that may wait, with the frame that the link is sending; 0: no limit
  };

  SlowPath() = default;
  explicit SlowPath(const Way& way) : way_(way) {}

  // How long after `sent` the frame arrives; nothing if it is lost. `sent` must not decrease for one side.
  std::optional<Duration> extra(Side from, std::size_t size, Duration sent);

 private:
  struct Direction {
    Duration free{};    // when the link has sent all earlier frames
    Duration latest{};  // the last arrival
  };

  Duration transmission(std::size_t size) const;

  Way way_{};
  std::array<Direction, 2> directions_{};
  std::minstd_rand random_{1};
};

}  // namespace loquat::wire
