// presenter.h - shows the rows of a trace at the pace of whoever watches, while the lab goes at its own.
//
// TCP's timers do not wait for a reader: a SYN held for that long would be retransmitted after a second. So the lab
// runs on, and a thread of this class shows what has happened: at Enter, or slower than it happened.
#pragma once

#include <functional>
#include <thread>

#include "loquat/sync.h"
#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::tool {

struct Pace {
  bool step = false;  // a row at each Enter: standard input; c shows the rest, q ends the program
  double speed = 0;   // 0.1: ten times slower than it happened; 0: as soon as can be

  bool any() const noexcept { return step || speed > 0; }
};

class WirePresenter {
 public:
  // `show` returns whether there was something to be seen. Without a pace it is called at once, else by a thread of
  // this object, which begins with the first row.
  WirePresenter(const Pace& pace, wire::Language language, std::function<bool(const wire::Row&)> show);
  ~WirePresenter();
  void add(const wire::Row& row);
  // Waits until all has been shown.
  void finish();

 private:
  void present();
  void wait_for(Duration at);

  Pace pace_;
  wire::Language language_;  // in which the keys are told
  std::function<bool(const wire::Row&)> show_;
  Queue<wire::Row> rows_;
  TimePoint start_{};
  std::thread thread_;
};

}  // namespace loquat::tool
