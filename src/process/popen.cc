// popen.cc - the life of a child: start, signals, wait, end.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <stdexcept>

#include "loquat/fiber.h"
#include "net/call.h"
#include "process/popen_state.h"
#include "process/prepare.h"
#include "process/status.h"
#include "sched/current_world.h"
#include "sys/kernel.h"

namespace loquat::subprocess {
namespace {

using namespace std::chrono_literals;

// On a thread of the pool; here if none can be started, or memory is short.
void wait_anywhere(int pidfd) noexcept {
  try {
    offload([pidfd] { process::wait_blocking(pidfd); });
  } catch (const std::exception&) {
    process::wait_blocking(pidfd);
  }
}

}  // namespace

Popen::State::~State() {
  if (!pidfd_) return;
  if (is_ours() && !known()) end_child();
  pidfd_->close();
}

void Popen::State::end_child() noexcept {
  const CancelShield shield;
  const int pidfd = pidfd_->handle().number;
  if (process::look(pidfd) == process::State::lost) return;
  if (leads_group_) ::kill(-pid, SIGKILL);  // nobody else can have the number before we reap
  ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  wait_anywhere(pidfd);
  try {
    process::reap(pidfd);
  } catch (const std::exception&) {  // somebody else has
  }
}

bool Popen::State::is_ours() const noexcept { return owner_ == ::getpid(); }

void Popen::State::start(const PopenOptions& options) {
  const sys::World* const world = sched::current_world();
  if (world != nullptr && !world->is_kernel()) throw std::logic_error("a simulation starts no programs");
  process::Prepared prepared(args, options);
  in = std::move(prepared.ours(0));
  for (const int stream : {1, 2}) {
    process::PipeEnd& end = prepared.ours(stream);
    if (!end.open()) continue;
    out[stream - 1].emplace(end.number(), File::own);
    end.release();
  }
  leads_group_ = options.start_new_session || options.process_group == 0;
  owner_ = ::getpid();
  const process::Started started = offload([&] { return process::start(prepared.plan()); });
  pid = started.pid;
  pidfd_.emplace(sys::kernel(), started.pidfd);
}

std::optional<int> Popen::State::known() const noexcept {
  const sched::SpinGuard guard(lock_);
  return returncode_;
}

bool Popen::State::has_ended() const noexcept {
  return known() || process::look(pidfd_->handle().number) != process::State::running;
}

std::optional<int> Popen::State::poll() {
  if (!is_ours()) throw_oserror(ECHILD, {"wait", {}, {}, 0});
  const sched::SpinGuard guard(lock_);
  if (!returncode_) returncode_ = process::reap(pidfd_->handle().number);
  return returncode_;
}

std::optional<int> Popen::State::wait_until(TimePoint deadline) {
  if (const auto code = poll()) return code;
  {
    net::Descriptor::Call call(*pidfd_, net::Direction::none, "wait", deadline);
    sys::Operation ended(sys::OpKind::wait_in);
    const std::int64_t result = call.perform(ended);
    if (result == -ETIMEDOUT) return poll();
    if (result < 0) pidfd_->fail(result, "wait");
  }
  // A debugger of the child is told first, and we when it lets go.
  for (Duration pause = 1ms;; pause = std::min<Duration>(2 * pause, 50ms)) {
    if (const auto code = poll()) return code;
    if (deadline != never) pause = std::min(pause, deadline - now());
    if (pause <= Duration::zero()) return {};
    sleep(pause);
  }
}

void Popen::State::send_signal(int number) {
  if (known()) return;
  const long sent = ::syscall(SYS_pidfd_send_signal, pidfd_->handle().number, number, nullptr, 0);
  if (sent < 0 && errno != ESRCH) throw_oserror(errno, {"pidfd_send_signal", {}, {}, 0});
}

Popen::Popen(Args args, const PopenOptions& options) : state_(std::make_unique<State>(std::move(args))) {
  state_->start(options);
}
Popen::~Popen() = default;
Popen::Popen(Popen&&) noexcept = default;
Popen& Popen::operator=(Popen&&) noexcept = default;

pid_t Popen::pid() const noexcept { return state_->pid; }
const Args& Popen::args() const noexcept { return state_->args; }

int Popen::wait() { return *state_->wait_until(never); }
std::optional<int> Popen::wait_for(AnyDuration timeout) {
  return state_->wait_until(sched::deadline_from_now(timeout));
}
std::optional<int> Popen::poll() { return state_->poll(); }
std::optional<int> Popen::returncode() const noexcept { return state_->known(); }

void Popen::send_signal(int number) { state_->send_signal(number); }
void Popen::terminate() { send_signal(SIGTERM); }
void Popen::kill() { send_signal(SIGKILL); }

}  // namespace loquat::subprocess
