// run.h - run(), which starts the workers and returns when its main fiber has ended.
//
//   int main() {
//     loquat::run([] { ... sockets, spawn(), sleep() ... }, {.workers = 4});
//   }
//
// True of every run:
//   Threads   Worker 0 is the calling thread; run() starts and joins a thread for each further worker. Other threads of
//             the program may call run() at the same time.
//   Signals   run() changes no signal handler and no mask, not even for SIGPIPE. A program can use signals.h.
//   Fork      After fork(2) in a fiber, the child has only that fiber, as a plain thread: its calls block the thread.
//             It may use the parent's sockets, or call run() itself. When the fiber's function returns, the child ends
//             by _exit(0); if it throws, the exception is logged and the child ends by _exit(1). The parent is not
//             affected.
//   Lifetime  Options and body must live until run() returns.
//
// Layer: net (docs/layers.txt).  Start at examples/06_web_server.cc.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "loquat/fiber.h"
#include "loquat/log.h"
#include "loquat/poller.h"

namespace loquat {

struct RunOptions {
  // The number of threads that run fibers, 1 to 1024. Each has its own poller.
  std::size_t workers = 1;
  // epoll or io_uring (poller.h).
  PollerKind poller = PollerKind::automatic;
  // The address space of each fiber's stack in bytes, 16 KiB to 1 GiB, rounded up to whole pages; one page of it is the
  // guard page. Memory is used as it is touched.
  std::size_t stack_size = 64 * 1024;
  // The sink for log lines. With nullptr there are none, except failures of fibers whose handle is gone, which go to
  // standard error (fiber.h, Errors).
  LogSink* log = nullptr;
  // Ends the run when it is stuck: every fiber, on every worker, waits for what only another fiber could do, as two
  // that have each other's mutex. run() cancels them, waits until they have ended, and throws std::logic_error, whose
  // text lists them as fibers_text() does (inspect.h). If they refuse to end, `log` gets the list and run() goes on
  // waiting. A run is not stuck while any fiber waits for a time, a descriptor, a signal, a child process, a name or an
  // offload(); a sleep() without end is none. Plain threads and other runs do not count: leave this off if fibers wait
  // for those, be it for an Event or an item that they bring, a Mutex that they hold or a Socket that they use.
  // Source: gevent.exceptions.LoopExit.
  bool detect_deadlock = false;
};

namespace sched {
// Runs `body` as the main fiber of a new set of workers on the real kernel.
void run_kernel(const RunOptions& options, Callable body);
}  // namespace sched

// Runs body() as the main fiber, on worker 0 and so on the calling thread. `body` is any callable without parameters.
// Returns its result or rethrows its exception; throws CancelledError if it was cancelled. When body() has ended, run()
// cancels all other fibers, waits until they have ended, and stops the workers. So a server must keep its main fiber
// waiting. A fiber that is spawned during this end is cancelled from its beginning.
//
// Throws OSError if the kernel refuses what a worker needs (EMFILE, ENOMEM), std::invalid_argument if an option is out
// of range, std::logic_error inside another run, and at a deadlock if options.detect_deadlock.
// Source: Python asyncio.run.
template <class F>
auto run(F&& body, const RunOptions& options = {}) -> std::invoke_result_t<F> {
  sched::Result<std::invoke_result_t<F>> result;
  auto call = [&] { result.set(std::forward<F>(body)); };
  sched::run_kernel(options, call);
  return result.take();
}

}  // namespace loquat
