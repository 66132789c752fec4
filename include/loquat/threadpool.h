// threadpool.h - ThreadPool: offload() (fiber.h) to a number of threads of one's own.
//
//   loquat::ThreadPool database(4);  // at most four queries at once, whatever else the program offloads
//   Row row = database.apply([&] { return connection.query(text); });
//
// apply() is all of it, because the rest is there already:
//   a handle, to wait later         auto later = spawn([&] { return database.apply(query); });  ...  later.get()
//   all of a range, in its order    Pool(8).map(names, [&](auto& name) { return database.apply([&] { ... }); })
//   back-pressure                   that Pool (group.h): its callers wait for room, so at most 8 are in the queue
//
// True of every call in this file:
//   Threads   Any fiber, worker or thread may call. A thread starts when a call finds none idle, and ends after 10 idle
//             seconds. It blocks all signals.
//   Order     Calls that find no idle thread wait in order of arrival.
//   Cancel    A caller that is cancelled before body() has begun throws Cancelled, and body() is not called. Later it
//             waits until body() has ended, so body() may refer to the caller's stack; the next wait throws.
//   Lifetime  A ThreadPool must outlive its callers. Its destructor waits for its threads, which are idle then.
//   Fork      In the child of a fork(2) it starts anew, without threads.
//
// Layer: sched (docs/layers.txt).  Source: gevent.threadpool, Python's concurrent.futures.ThreadPoolExecutor.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "loquat/detail/result.h"
#include "loquat/detail/task.h"

namespace loquat {
namespace sched {
class OwnThreads;
// loquat::ThreadPool::apply() without the result.
void offload(OwnThreads& threads, Callable body);
}  // namespace sched

class ThreadPool {
 public:
  // At most `threads` of them. Throws std::invalid_argument if that is 0 or more than INT_MAX.
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Runs body() on one of the threads while the caller waits: a fiber lets others run, a plain thread blocks. Returns
  // its result or rethrows its exception. body() runs outside of the run: it may use the classes of sync.h, but not
  // spawn(). A body() that calls apply() of the same pool keeps its thread meanwhile: if all do, they wait for ever.
  // Throws OSError(EAGAIN) if no thread can be started. In a simulation it is offload().
  // Source: gevent ThreadPool.apply.
  template <class F>
  auto apply(F&& body) -> std::invoke_result_t<F> {
    sched::Result<std::invoke_result_t<F>> result;
    auto call = [&] { result.set(std::forward<F>(body)); };
    sched::offload(*threads_, call);
    return result.take();
  }

  // At most `threads` of them from now on. More start at once for the calls that wait. Each of those that are too many
  // ends after the body that it runs; no call is lost, and none loses its turn. Never waits. Throws as the constructor.
  // Source: gevent ThreadPool.maxsize.
  void resize(std::size_t threads);
  // The number that was given last.
  std::size_t size() const;

 private:
  std::unique_ptr<sched::OwnThreads> threads_;
};

}  // namespace loquat
