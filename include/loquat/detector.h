// detector.h - Detector: names the fiber that holds up a worker.
//
//   loquat::run([] {
//     const loquat::Detector detector;
//     ...
//   });
//
//   worker 0 has been held for 104 ms by fiber 7 (client 7, src/server.cc:44), in nanosleep(2):
//     at parse(Request const&)
//     at serve(loquat::Socket)
//   worker 0 is free again after 1003 ms
//
// While a fiber computes, or calls a function that blocks the thread, the other fibers of its worker stand still. A
// thread of the detector looks at each worker some 40 times a second. If one has run the same fiber without a break for
// longer than the limit, it asks that thread for its stack by a signal, and writes down what it finds.
//
// True of a Detector:
//   Lifetime  Make it in a fiber of run(), and destroy it before that run ends. One for each run at a time.
//   Signal    While it lives, it has the handler of that signal (SA_RESTART); afterwards the signal is ignored. A call
//             that the signal interrupts and the kernel does not restart, as sleep(3) and poll(2), returns early:
//             signal(7). Without a signal neither the fiber nor its stack is named, but the system call is; so it is if
//             the thread does not take the signal within 50 ms, because it waits for a disk or for a processor.
//   Names     Functions are named if they are in a shared library, or if the program was linked with -rdynamic. Others
//             are shown as program+0x1234, which addr2line(1) understands.
//   Cost      A thread that wakes some 40 times a second; fibers do not notice it.
//   Threads   Any fiber or thread may ask it.
//   Fork      It watches nothing in the child of a fork(2), which has no worker. A run() there may have its own, with
//             the same signal.
//
// Layer: inspect (docs/layers.txt).  Source: gevent's monitor thread (max_blocking_time), Go's sysmon.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "loquat/time.h"

namespace loquat {

struct DetectorOptions {
  // How long a fiber may run before it is reported. At least 1 ms.
  AnyDuration limit = std::chrono::milliseconds(100);
  // What asks a held thread for its stack; 0: nothing does. Choose one that the program does not use.
  int signal = SIGURG;
  // Takes each line, in the detector's thread, or in the one that destroys the Detector. It must not wait for a fiber.
  // Without it the lines go to the run's log, or to standard error if it has none.
  std::function<void(const std::string& line)> report = {};
};

class Detector {
 public:
  // Throws std::logic_error outside of run(), or if the signal has a handler already; std::invalid_argument if the
  // limit is too short; OSError(EAGAIN) if no thread can be started.
  explicit Detector(DetectorOptions options = {});
  // Waits for the end of its thread, a few milliseconds.
  ~Detector();
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;

  // How often a worker was held, and the longest time so far.
  std::uint64_t reports() const noexcept;
  Duration longest() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat
