// signals.h - signals as events that a fiber waits for.
//
//   Threads   The constructor blocks the signals in the calling thread: build it in main(), before run(), so that every
//             worker inherits the mask. wait() works in fibers and plain threads, from one caller at a time.
//
// Layer: net (docs/layers.txt).  Source: signalfd(2), pthread_sigmask(3).
#pragma once

#include <initializer_list>
#include <memory>

namespace loquat {

class Signals {
 public:
  // Takes over SIGINT, SIGTERM, ... Throws OSError.
  explicit Signals(std::initializer_list<int> numbers);
  // Puts the calling thread's mask back.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next of them and returns its number.
  int wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat
