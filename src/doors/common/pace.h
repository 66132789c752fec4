// pace.h - the token bucket: a burst passes at once, and what follows it at an even rate.
//
//   const Duration pause = pace.take(now());      // one line
//   if (pause > Duration::zero()) sleep(pause);
//
// Layer: doors (docs/layers.txt).  Source: the token bucket, as a virtual clock.
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

  // Takes `lines` at `time` and says how long to wait before they are carried out. Callers that share a pace are served
  // in the order of their calls.
  Duration take(TimePoint time, std::size_t lines = 1) {
    next_ = std::max(next_, time - credit_) + gap_ * static_cast<long>(lines);
    return std::max(next_ - time, Duration::zero());
  }

  // From now on the wait is at most until `latest`.
  void limit(TimePoint latest) { next_ = std::min(next_, latest); }

  // Whether the whole burst may be used again.
  bool rested(TimePoint time) const { return next_ <= time - credit_; }

 private:
  Duration gap_;
  Duration credit_;
  TimePoint next_ = TimePoint::min() + std::chrono::hours(24 * 365);  // when the next would be due at the even rate
};

}  // namespace loquat::doors
