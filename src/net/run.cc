#include "loquat/run.h"

#include <optional>
#include <stdexcept>
#include <thread>

#include "io/choose_poller.h"
#include "net/deadlock.h"
#include "sched/overflow.h"
#include "sched/workers.h"
#include "sys/kernel.h"

namespace loquat::sched {

void run_kernel(const RunOptions& options, Callable body) {
  if (Worker::current() != nullptr) throw std::logic_error("run() inside run()");
  Workers::check("run", options.workers, options.stack_size);
  std::optional<net::DeadlockReport> deadlock;
  if (options.detect_deadlock) deadlock.emplace(options.workers);
  Workers workers(sys::kernel(), {options.stack_size, options.log, deadlock ? &*deadlock : nullptr});
  for (auto& poller : io::make_pollers(options.poller, options.workers, options.log)) workers.add(std::move(poller));
  std::vector<std::thread> threads;
  struct JoinAll {
    std::vector<std::thread>& threads;
    ~JoinAll() {
      for (auto& thread : threads) thread.join();
    }
  } join_all{threads};
  const auto work = [&](std::size_t index) {
    const OverflowStack for_its_report;
    workers[index].loop();
  };
  workers[0].enter();
  TaskRef main;
  try {
    for (std::size_t i = 1; i < options.workers; ++i) threads.emplace_back(work, i);
    main = workers.start_main(new TaskFor<void, Callable>({}, body));
  } catch (...) {
    workers.stop();
    Worker::leave();
    throw;
  }
  work(0);
  for (auto& thread : threads) thread.join();
  threads.clear();
  if (deadlock && !deadlock->verdict().empty()) throw std::logic_error(deadlock->verdict());
  main->throw_failure();
}

}  // namespace loquat::sched
