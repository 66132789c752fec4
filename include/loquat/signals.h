// signals.h - signals as events that a fiber waits for.
//
//   loquat::Signals signals({SIGINT, SIGTERM});    // in main(), before run()
//   loquat::run([&] { ...; signals.wait(); server.stop(); });
//
// True of every call in this file:
//   Threads   The constructor blocks the signals in the calling thread only, and new threads inherit that mask. So
//             construct it in main(), before run() and before any other thread starts, and destroy it in that thread.
//             wait() may be called from any fiber or thread, by one caller at a time.
//   Processes A child of fork(2) inherits the mask, and a program that it executes does too.
//
// Layer: net (docs/layers.txt).  Source: signalfd(2), pthread_sigmask(3).
#pragma once

#include <initializer_list>
#include <memory>

namespace loquat {

class Signals {
 public:
  // Blocks these signals and collects them for wait(): they no longer end the process or run a handler. SIGKILL and
  // SIGSTOP in the list are ignored. Throws OSError(EMFILE, ...).
  explicit Signals(std::initializer_list<int> numbers);
  // Restores the previous mask of the calling thread. A pending signal that wait() has not returned then takes its
  // usual effect.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next of these signals and returns its number. A signal that arrives again before it was returned may
  // be merged with the first. Source: signal(7).
  int wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat
