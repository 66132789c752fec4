// communicate.cc - the pipes of a child.
//
//   1. Our ends are blocking descriptors, since a pipe may also be handed to another program. So they are read and
//      written only when they are ready, and written at most PIPE_BUF bytes at a time: a pipe that is ready has room
//      for those (pipe(7)).
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <stdexcept>

#include "loquat/error.h"
#include "poll/ready_set.h"
#include "process/popen_state.h"
#include "process/status.h"

namespace loquat::subprocess {
namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::uint32_t input_key = 2;  // 0 and 1 are the outputs

// write(2) without SIGPIPE: the signal is blocked meanwhile and taken away, unless it was pending before.
ssize_t write_quietly(int fd, std::string_view data) {
  sigset_t only, before, pending;
  sigemptyset(&only);
  sigaddset(&only, SIGPIPE);
  ::sigpending(&pending);
  ::pthread_sigmask(SIG_BLOCK, &only, &before);
  const ssize_t result = ::write(fd, data.data(), data.size());
  const int error = errno;
  if (result < 0 && error == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
    const timespec now{};
    ::sigtimedwait(&only, nullptr, &now);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return result;
}

void watch(poller::ReadySet& ready, int fd, std::uint32_t events, std::uint32_t key) {
  if (const int error = ready.add(fd, events, key)) throw_oserror(error, {"communicate", {}, {}, 0});
}

}  // namespace

bool Popen::State::feed(std::string_view data, std::size_t& written) {
  const std::string_view piece = data.substr(written, PIPE_BUF);
  const ssize_t result = write_quietly(in.number(), piece);
  if (result >= 0) written += static_cast<std::size_t>(result);
  if (result >= 0 || errno == EINTR || errno == EAGAIN) return true;
  if (errno == EPIPE) return false;
  throw_oserror(errno, {"write", {}, {}, written});
}

// False: end of file.
bool Popen::State::take(std::size_t which, std::size_t max_output) {
  std::string& to = which == 0 ? output.std_out : output.std_err;
  const std::size_t left = max_output - std::min(max_output, output.std_out.size() + output.std_err.size());
  const std::size_t most = left < read_size ? left + 1 : read_size;
  const std::unique_ptr<char[]> buffer(new char[most]);
  const ssize_t result = ::read(out[which]->fileno(), buffer.get(), most);
  if (result < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (result < 0) throw_oserror(errno, {"read", {}, {}, to.size()});
  to.append(buffer.get(), static_cast<std::size_t>(result));
  if (static_cast<std::size_t>(result) > left) {
    throw OutputLimitExceeded(args[0] + ": more than " + std::to_string(max_output) + " bytes of output", args, output);
  }
  return result > 0;
}

bool Popen::State::exchange(std::string_view input, TimePoint deadline, std::size_t max_output) {
  poller::ReadySet ready;
  if (fed >= input.size()) in.close();
  if (in.open()) watch(ready, in.number(), EPOLLOUT, input_key);
  for (const std::uint32_t which : {0, 1}) {
    if (out[which] && !at_end[which]) watch(ready, out[which]->fileno(), EPOLLIN, which);
  }
  const auto open = [this](int which) { return out[which] && !at_end[which]; };
  while (in.open() || open(0) || open(1)) {
    const auto events = ready.wait(deadline, "communicate");
    if (events.empty()) return false;
    for (const epoll_event& event : events) {
      const std::uint32_t key = event.data.u32;
      if (key != input_key) {
        if (take(key, max_output)) continue;
        at_end[key] = true;
        ready.remove(out[key]->fileno());
      } else if (!feed(input, fed) || fed >= input.size()) {
        ready.remove(in.number());
        in.close();
      }
    }
  }
  return true;
}

Output Popen::communicate(std::string_view input, AnyDuration timeout, std::size_t max_output) {
  State& s = *state_;
  const TimePoint deadline = sched::deadline_from_now(timeout);
  const bool closed = s.exchange(input, deadline, max_output);
  if (closed && s.wait_until(deadline)) return std::move(s.output);
  const std::string time = " after " + std::to_string(timeout / std::chrono::milliseconds(1)) + " ms";
  const std::string what =
      s.has_ended() ? ": has ended, but its pipes are still open" + time + ": a process that it has started holds them"
                    : ": still runs" + time;
  throw TimeoutExpired(s.args[0] + what, s.args, s.output);
}

File& Popen::std_out() {
  if (!state_->out[0]) throw std::logic_error("std_out is no PIPE");
  return *state_->out[0];
}

File& Popen::std_err() {
  if (!state_->out[1]) throw std::logic_error("std_err is no PIPE");
  return *state_->out[1];
}

void Popen::write(std::string_view data) {
  State& s = *state_;
  if (!s.in.open()) throw std::logic_error("std_in is no PIPE, or closed");
  poller::ReadySet ready;
  watch(ready, s.in.number(), EPOLLOUT, input_key);
  for (std::size_t written = 0; written < data.size();) {
    ready.wait(never, "Popen::write");
    if (!s.feed(data, written)) throw_oserror(EPIPE, {"write", {}, {}, written});
  }
}

void Popen::close_stdin() { state_->in.close(); }

}  // namespace loquat::subprocess
