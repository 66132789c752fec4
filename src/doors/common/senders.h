// senders.h - starts the fibers that send, not all at once: a line to ten thousand members wakes ten thousand of them,
// and each that waits for its send needs a stack. A worker starts them in groups and lets one go on before the next.
//
//   Threads   A sender belongs to the worker that it is started on.
//
// Layer: doors.
#pragma once

#include <cstddef>
#include <vector>

#include "loquat/fiber.h"

namespace loquat::doors {

class Senders {
 public:
  // One that has something to send.
  class Sender {
   public:
    // Spawns the fiber. Called once for each add().
    virtual void start() = 0;

   protected:
    ~Sender() = default;
  };

  // Made inside of run().
  Senders();
  // No sender is left in the queue.
  ~Senders();
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

  // Starts it soon. It is not in the queue yet.
  void add(Sender& sender);
  // Takes it out of the queue, if it is still in it.
  void remove(Sender& sender) noexcept;

  static constexpr std::size_t group = 128;

 private:
  struct List {
    std::vector<Sender*> waiting;  // nullptr: removed
    std::size_t next = 0;
    bool starting = false;
    Fiber<> starter;
  };
  static void start_all(List& list);

  std::vector<List> lists_;  // by worker
};

}  // namespace loquat::doors
