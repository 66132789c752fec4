// wire_clock.h - the time on the lab's wire: that of the lab, less what the machine takes to deliver frames.
//
// While a frame is delivered the clock stands at the moment at which the frame was due. So whatever is sent in answer
// is sent at that moment, and a busy machine makes a run longer but does not change the order of its frames.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "loquat/time.h"

namespace loquat::wire {

class WireClock {
 public:
  // `elapsed` is the time since the lab began; it never decreases.
  explicit WireClock(std::function<Duration()> elapsed) : elapsed_(std::move(elapsed)) {}

  Duration now() const { return stopped_at_ ? *stopped_at_ : elapsed_() - lag_; }
  // `at` is not later than now().
  void stop_at(Duration at) { stopped_at_ = at; }
  // Nothing happens if the clock runs.
  void go_on() {
    if (stopped_at_) lag_ = elapsed_() - *stopped_at_;
    stopped_at_.reset();
  }

 private:
  std::function<Duration()> elapsed_;
  Duration lag_{};
  std::optional<Duration> stopped_at_;
};

}  // namespace loquat::wire
