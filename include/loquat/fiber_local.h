// fiber_local.h - FiberLocal: a variable of which each fiber has its own, as thread_local is for threads.
//
//   FiberLocal<Request*> request;      // static or global
//   *request = &mine;                  // for the calling fiber only
//
// True of every call in this file:
//   Values    The first use in a fiber makes its value, T(). The fiber destroys it at its end, after its function, the
//             newest first; the destructor may wait and is not cancelled. A spawned fiber inherits nothing.
//   Again     A destructor may use other FiberLocals, and makes their values anew if they are gone. Its own is gone, so
//             a destructor that uses its own FiberLocal makes another value, whose destructor makes another. After four
//             such rounds, as with pthread_key_create(3), what is left is not destroyed; a fiber says so in the log.
//   Threads   A plain thread has a value of its own, which ends with the thread. A thread_local would be shared by all
//             fibers of a worker.
//   Lifetime  A value outlives the FiberLocal until its fiber ends, but nobody can reach it any more.
//   Cost      A use looks through the values of the fiber: meant for a few, not for hundreds.
//
// Layer: sched (docs/layers.txt).  Source: gevent.local, Python's threading.local.
#pragma once

#include <cstdint>

#include "loquat/detail/local.h"

namespace loquat {

template <class T>
class FiberLocal {
 public:
  FiberLocal() = default;
  FiberLocal(const FiberLocal&) = delete;
  FiberLocal& operator=(const FiberLocal&) = delete;

  // The value of the calling fiber or plain thread. Throws what T() throws.
  T& operator*() const {
    sched::Locals& mine = sched::my_locals();
    if (sched::Local* const found = mine.find(key_)) return static_cast<Value*>(found)->value;
    auto* const made = new Value(key_);
    mine.add(made);
    return made->value;
  }
  T* operator->() const { return &**this; }

 private:
  struct Value final : sched::Local {
    explicit Value(std::uint64_t key) : Local(key) {}
    T value{};
  };
  const std::uint64_t key_ = sched::new_local_key();
};

}  // namespace loquat
