// simulate.cc - runs the workers of a simulation in one thread: picks the next worker and moves the clock.
#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "inspect/collect.h"
#include "list/fibers.h"
#include "sched/overflow.h"
#include "sched/workers.h"
#include "sim/sim_poller.h"
#include "sim/sim_world.h"
#include "sim/socket_number.h"

namespace loquat::testing {
namespace {

// Turns between two jumps of the clock that take no time. Each further thousand adds 1 us of virtual time to a turn.
constexpr int free_turns = 1000;
constexpr std::uint64_t max_slices = 16;

bool is_range(Duration min, Duration max) { return min >= Duration::zero() && min <= max; }

void check(const SimOptions& options) {
  auto reject = [](const char* what) { throw std::invalid_argument(std::string("simulate: ") + what); };
  sched::Workers::check("simulate", options.workers, options.stack_size);
  if (options.max_segment == 0) reject("segments of at least one byte");
  if (options.send_buffer == 0 || options.receive_buffer == 0) reject("buffers of at least one byte");
  if (!is_range(options.min_latency, options.max_latency)) reject("0 <= min_latency <= max_latency");
  if (!is_range(options.min_offload, options.max_offload)) reject("0 <= min_offload <= max_offload");
}

class Simulation {
 public:
  Simulation(std::uint64_t seed, const SimOptions& options)
      : seed_(seed), core_(seed, options), world_(core_), workers_(world_, {options.stack_size, options.log}) {
    for (std::size_t i = 0; i < options.workers; ++i) {
      auto poller = std::make_unique<sim::SimPoller>(core_, world_.net());
      pollers_.push_back(poller.get());
      workers_.add(std::move(poller));
    }
  }

  sim::Core& core() noexcept { return core_; }
  sim::SimNet& net() noexcept { return world_.net(); }

  // Runs until the last fiber has ended (true), or no fiber can continue (false).
  bool run();
  sched::TaskRef start(sched::Callable body) {
    return workers_.start_main(new sched::TaskFor<void, sched::Callable>({}, body));
  }
  // Why the run was aborted; empty if it was not.
  const std::string& verdict() const noexcept { return verdict_; }
  SimReport report() const;

 private:
  void let_pollers_collect();
  std::vector<std::size_t> ready_workers() const;
  bool give_turn(std::size_t index);
  bool jump();
  bool stuck(const char* why);
  // Twice as much once the fibers have been told to end.
  TimePoint limit() const {
    TimePoint once = deadline_after(core_.timeline.started(), core_.options.limit);
    return verdict_.empty() ? once : deadline_after(once, core_.options.limit);
  }
  std::string describe(const char* why) const;

  std::uint64_t seed_;
  sim::Core core_;
  sim::SimWorld world_;
  sched::Workers workers_;
  std::vector<sim::SimPoller*> pollers_;
  std::string verdict_;
  int turns_since_jump_ = 0;
};

bool Simulation::run() {
  while (!workers_.over()) {
    core_.report.events += core_.timeline.run_due();
    let_pollers_collect();
    std::vector<std::size_t> ready = ready_workers();
    bool goes_on = ready.empty() ? jump() : give_turn(ready[core_.schedule.below(ready.size())]);
    if (!goes_on) return false;
  }
  return true;
}

// As io_uring does, at a moment that the worker does not choose.
void Simulation::let_pollers_collect() {
  for (sim::SimPoller* poller : pollers_) {
    if (poller->has_work() && core_.schedule.one_in(2)) poller->collect();
  }
}

std::vector<std::size_t> Simulation::ready_workers() const {
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < pollers_.size(); ++i) {
    sched::Worker& worker = workers_[i];
    bool due = worker.next_timer() <= core_.timeline.now();
    if (due || worker.has_ready() || pollers_[i]->has_work()) ready.push_back(i);
  }
  return ready;
}

bool Simulation::give_turn(std::size_t index) {
  ++core_.report.turns;
  core_.trace.add("turn", index);
  sched::Worker& worker = workers_[index];
  worker.enter();
  if (pollers_[index]->has_work()) pollers_[index]->wait(TimePoint::min());
  worker.turn(1 + static_cast<int>(core_.schedule.below(max_slices)));
  sched::Worker::leave();
  const std::chrono::microseconds cost(++turns_since_jump_ / free_turns);
  core_.timeline.advance(deadline_after(core_.timeline.now(), cost));
  return core_.timeline.now() <= limit() || stuck("time limit reached");
}

// Moves the clock to the next event.
bool Simulation::jump() {
  TimePoint next = core_.timeline.next();
  for (std::size_t i = 0; i < workers_.size(); ++i) next = std::min(next, workers_[i].next_timer());
  if (next == never) return stuck("deadlock: every fiber waits, and nothing is left to happen");
  if (next > limit()) return stuck("time limit reached");
  core_.timeline.advance(next);
  turns_since_jump_ = 0;
  return true;
}

// Cancels all fibers the first time, so that they unwind. The second time nothing is left to do.
bool Simulation::stuck(const char* why) {
  bool first = verdict_.empty();
  if (first) verdict_ = describe(why);
  bool was_stopping = workers_.stopping();
  workers_.stop();
  return first && !was_stopping;
}

std::string Simulation::describe(const char* why) const {
  auto time = std::chrono::duration_cast<std::chrono::microseconds>(core_.timeline.now() - core_.timeline.started());
  std::string text = "simulation with seed " + std::to_string(seed_) + ", after " + std::to_string(time.count()) +
                     " us: " + why + "; ";
  text += workers_.stopping() ? "the main fiber has ended" : "the main fiber has not ended";
  for (std::size_t i = 0; i < pollers_.size(); ++i) {
    text += "; worker " + std::to_string(i) + ": " + std::to_string(workers_[i].fibers()) + " fibers wait, " +
            std::to_string(pollers_[i]->pending()) + " of them for the network";
  }
  std::vector<FiberInfo> fibers;
  for (std::size_t i = 0; i < pollers_.size(); ++i) inspect::collect(workers_[i], fibers);
  std::sort(fibers.begin(), fibers.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  text += "\n" + list::tree_of(fibers, 20);
  text.pop_back();
  return text;
}

SimReport Simulation::report() const {
  SimReport report = core_.report;
  report.trace = core_.trace.hash();
  report.time = core_.timeline.now() - core_.timeline.started();
  return report;
}

thread_local Simulation* current = nullptr;

// Runs that did not end: nobody can destroy the objects on their stacks. Kept where leak checkers look.
void abandon(Simulation* simulation) {
  static std::mutex mutex;
  static auto* const abandoned = new std::vector<Simulation*>;
  const std::lock_guard lock(mutex);
  abandoned->push_back(simulation);
}

Simulation& here(const char* what) {
  if (current == nullptr) throw std::logic_error(std::string(what) + " outside of simulate()");
  return *current;
}

Duration checked_latency(Duration min, Duration max) {
  if (!is_range(min, max)) throw std::invalid_argument("set_latency: 0 <= min <= max");
  return min;
}

sim::SocketNumber number_of(const Socket& socket) {
  return static_cast<sim::SocketNumber>(socket.getsockopt(sim::socket_number_level, 0));
}

sim::Name ip_or_any(const std::string& literal) {
  sim::Name name;
  if (literal.empty()) return name;
  if (!sim::parse_ip(literal, name)) throw std::invalid_argument("partition: \"" + literal + "\" is no IP literal");
  return name;
}

// Runs body() in the simulation, which is the thread's current one meanwhile. `all_ended` becomes what run() returns.
sched::TaskRef run_in(Simulation& simulation, sched::Callable body, SimReport* report, bool& all_ended) {
  struct End {
    SimReport* report;
    ~End() {
      if (report != nullptr) *report = current->report();
      current = nullptr;
    }
  } end{report};
  current = &simulation;
  const sched::OverflowStack for_its_report;
  sched::TaskRef main = simulation.start(body);
  all_ended = simulation.run();
  return main;
}

}  // namespace

namespace detail {

void run_simulated(std::uint64_t seed, const SimOptions& options, sched::Callable body) {
  check(options);
  if (sched::Worker::current() != nullptr || current != nullptr)
    throw std::logic_error("simulate() inside another run");
  auto simulation = std::make_unique<Simulation>(seed, options);
  bool all_ended = false;
  const sched::TaskRef main = run_in(*simulation, body, options.report, all_ended);
  if (!simulation->verdict().empty()) {
    std::string verdict = simulation->verdict();
    if (!all_ended) abandon(simulation.release());
    throw std::logic_error(verdict);
  }
  main->throw_failure();
}

}  // namespace detail

std::vector<std::uint64_t> seeds(std::size_t count) {
  if (const char* one = std::getenv("LOQUAT_SEED"); one != nullptr) return {std::strtoull(one, nullptr, 10)};
  std::vector<std::uint64_t> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = i + 1;
  return result;
}

std::uint64_t random(std::uint64_t bound) { return here("random").core().program.below(bound); }

void set_latency(AnyDuration min, AnyDuration max) {
  here("set_latency").net().faults().set_latency(checked_latency(min, max), max);
}

void set_latency(const Socket& socket, AnyDuration min, AnyDuration max) {
  here("set_latency").net().set_latency(number_of(socket), checked_latency(min, max), max);
}

void reset(const Socket& socket) { here("reset").net().abort(number_of(socket)); }

void stop_reading(const Socket& socket) { here("stop_reading").net().stop_reading(number_of(socket), true); }

void resume_reading(const Socket& socket) { here("resume_reading").net().stop_reading(number_of(socket), false); }

void partition(const std::string& a, const std::string& b, AnyDuration time) {
  here("partition").net().faults().partition(ip_or_any(a), ip_or_any(b), time);
}

void refuse(const Address& address, AnyDuration time) {
  sim::Name name;
  if (sim::read_name(address.family(), address.data(), address.size(), name) != 0) {
    throw std::invalid_argument("refuse: no address");
  }
  sim::any_to_loopback(name);
  here("refuse").net().faults().refuse(name, time);
}

}  // namespace loquat::testing
