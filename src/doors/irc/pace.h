// pace.h - limits the lines of one client: bursts pass, a flood is read more slowly.
//
//   const Duration pause = pace.take(now());      // one line
//   if (pause > Duration::zero()) sleep(pause);
//
// Layer: doors (docs/layers.txt).  Source: the token bucket.
#pragma once

#include <algorithm>
#include <cstddef>

#include "loquat/time.h"

namespace loquat::doors {

class Pace {
 public:
  // `burst` lines at once, and `rate` a second in the long run. A rate of 0: no limit.
  Pace(std::size_t burst, std::size_t rate)
      : gap_(rate == 0 ? Duration::zero() : Duration(std::chrono::seconds(1)) / static_cast<long>(rate)),
        credit_(gap_ * static_cast<long>(burst)) {}

  // Takes one line at `time` and says how long to wait before the next is read.
  Duration take(TimePoint time) {
    next_ = std::max(next_, time - credit_) + gap_;
    return std::max(next_ - time, Duration::zero());
  }

 private:
  Duration gap_;
  Duration credit_;
  TimePoint next_ = TimePoint::min() + std::chrono::hours(24 * 365);  // when the next would be due at the even rate
};

}  // namespace loquat::doors
