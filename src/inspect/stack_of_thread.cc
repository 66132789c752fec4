#include "inspect/stack_of_thread.h"

#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <mutex>
#include <new>
#include <stdexcept>

#include "sched/run_log.h"
#include "sys/kernel.h"

namespace loquat::inspect {
namespace {

constexpr int most_frames = 64;

// A question to one thread. The handler writes the answer between `asked` and `answered`.
struct Request {
  enum State : int { idle, asked, answering, answered };
  std::atomic<int> state{idle};
  std::atomic<const sched::Worker*> worker{nullptr};
  std::uint64_t pulse = 0;
  sem_t done;

  bool same_fiber = false;
  std::uint64_t number = 0;
  std::array<char, 128> name{};
  sched::Place origin;
  const std::type_info* body = nullptr;
  std::array<void*, most_frames> frames{};
  int count = 0;

  Request() { ::sem_init(&done, 0, 0); }
};

Request request;
std::mutex asking;  // one question at a time

void copy_name(const sched::Locals& locals) noexcept {
  const char* const name = sched::name_of(locals);
  std::size_t size = 0;
  while (size + 1 < request.name.size() && name[size] != '\0') ++size;
  std::copy_n(name, size, request.name.begin());
  request.name[size] = '\0';
}

// In the thread that was asked. Calls nothing that is not safe there; backtrace() has loaded what it needs before.
void on_signal(int) {
  const int error = errno;
  const sched::Worker* const here = sched::Worker::of_fiber();
  int expected = Request::asked;
  // A signal may come when nobody waits for it any more. The next question is not for this thread, perhaps.
  if (here == nullptr || here != request.worker ||
      !request.state.compare_exchange_strong(expected, Request::answering)) {
    errno = error;
    return;
  }
  request.same_fiber = here == request.worker && here->pulse() == request.pulse;
  if (request.same_fiber) {
    const sched::TaskView task(*here, *here->task());
    request.number = task.number();
    request.origin = task.origin();
    request.body = task.body();
    copy_name(task.locals());
    request.count = ::backtrace(request.frames.data(), most_frames);
  }
  request.state.store(Request::answered);
  ::sem_post(&request.done);
  errno = error;
}

bool wait_for_answer(std::chrono::milliseconds patience) {
  timespec until{};
  ::clock_gettime(CLOCK_REALTIME, &until);
  const auto nanoseconds = until.tv_nsec + std::chrono::nanoseconds(patience).count();
  until.tv_sec += nanoseconds / 1'000'000'000;
  until.tv_nsec = nanoseconds % 1'000'000'000;
  while (::sem_timedwait(&request.done, &until) != 0) {
    if (errno == EINTR) continue;
    int expected = Request::asked;
    if (request.state.compare_exchange_strong(expected, Request::idle)) return false;
    while (::sem_wait(&request.done) != 0) continue;  // it is answering
    break;
  }
  request.state = Request::idle;
  return request.same_fiber;
}

// For each signal: in which process its handler was set (sys::forks()), counted from 1.
std::array<std::atomic<unsigned>, NSIG> set_in{};

// Whoever asks in the parent when it forks does not exist in the child.
void forget_questions() noexcept {
  new (&asking) std::mutex;
  new (&request) Request;
}

}  // namespace

StackSignal::StackSignal(int signal) : signal_(signal) {
  [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, &forget_questions);
  void* frame = nullptr;
  ::backtrace(&frame, 1);  // loads the unwinder, which the handler cannot
  struct sigaction before {};
  if (::sigaction(signal, nullptr, &before) != 0 || signal == SIGKILL || signal == SIGSTOP)
    throw std::logic_error("Detector: there is no signal " + std::to_string(signal) + " with a handler");
  const auto number = static_cast<std::size_t>(signal);
  const bool is_parents = before.sa_handler == &on_signal && set_in[number] != sys::forks() + 1;
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN && !is_parents)
    throw std::logic_error("Detector: signal " + std::to_string(signal) + " has a handler already; choose another");
  struct sigaction action {};
  action.sa_handler = &on_signal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  set_in[number] = sys::forks() + 1;
  ::sigaction(signal, &action, nullptr);
}

StackSignal::~StackSignal() { ::signal(signal_, SIG_IGN); }

std::optional<Held> StackSignal::ask(const sched::Worker& worker, std::uint64_t pulse,
                                     std::chrono::milliseconds patience) const {
  const std::lock_guard guard(asking);
  request.worker = &worker;
  request.pulse = pulse;
  request.state = Request::asked;
  if (::syscall(SYS_tgkill, ::getpid(), worker.thread(), signal_) != 0) {
    request.state = Request::idle;
    return std::nullopt;
  }
  if (!wait_for_answer(patience)) return std::nullopt;
  Held held;
  held.number = request.number;
  held.name = request.name.data();
  held.spawned = held.number == 1 ? "main" : sched::place_of(request.origin, request.body);
  constexpr int of_the_handler = 2;  // itself, and the kernel's frame
  held.frames.assign(request.frames.begin() + std::min(of_the_handler, request.count),
                     request.frames.begin() + request.count);
  return held;
}

}  // namespace loquat::inspect
