// signals.h - signals as events that a fiber waits for.
//
//   loquat::Signals signals({SIGINT, SIGTERM});    // in main(), before run()
//   loquat::run([&] { ...; signals.wait(); server.stop(); });
//
// True of every call in this file:
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
  // Takes over SIGINT, SIGTERM, ...: they do nothing by themselves any more. SIGKILL and SIGSTOP cannot be taken.
  // Throws OSError(EMFILE, ...).
  explicit Signals(std::initializer_list<int> numbers);
  // Puts the calling thread's mask back. A signal that has come and was not waited for then does what it does.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next of them and returns its number. The same one, come twice meanwhile, may count once: signal(7).
  int wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat
