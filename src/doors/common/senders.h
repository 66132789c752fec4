// senders.h - starts sender fibers in groups. A line to ten thousand members needs ten thousand of them, and each one
// that waits in its send needs a stack. So a worker starts a group and lets it run before it starts the next.
//
//   Threads   A sender is added, removed and started on its connection's worker.
//
// Layer: doors.
#pragma once

#include <cstddef>
#include <vector>

#include "loquat/fiber.h"

namespace loquat::doors {

class Senders {
 public:
  // A connection with something to send.
  class Sender {
   public:
    // Spawns the fiber. Called once for each add().
    virtual void start() = 0;

   protected:
    ~Sender() = default;
  };

  // Made inside of run().
  Senders();
  // The queue must be empty.
  ~Senders();
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

  // Queues the sender, which start() is called for soon. It must not be queued already.
  void add(Sender& sender);
  // Removes the sender from the queue if it is still there.
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
