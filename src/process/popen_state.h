// popen_state.h - a child and our ends of its pipes.
//
// Layer: process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "loquat/detail/wait.h"
#include "loquat/file.h"
#include "loquat/subprocess.h"
#include "net/descriptor.h"
#include "process/pipe_end.h"

namespace loquat::subprocess {

struct Popen::State {
  explicit State(Args words) : args(std::move(words)) {}
  // Ends the child (~Popen).
  ~State();

  void start(const PopenOptions& options);
  // The status, if the child has ended.
  std::optional<int> poll();
  std::optional<int> wait_until(TimePoint deadline);
  std::optional<int> known() const noexcept;
  // Whether it has ended. Does not reap it, so that its group keeps its number.
  bool has_ended() const noexcept;
  void send_signal(int number);

  // Writes data[written...]; false: the reader has closed the pipe. Must be ready: then it does not wait.
  bool feed(std::string_view data, std::size_t& written);
  // All of communicate() but the wait for the child's end. False: the deadline has passed.
  bool exchange(std::string_view input, TimePoint deadline, std::size_t max_output);

  Args args;
  pid_t pid = -1;
  process::PipeEnd in;
  std::optional<File> out[2];  // standard output and error
  bool at_end[2] = {false, false};
  // What communicate() has done so far.
  std::size_t fed = 0;
  Output output;

 private:
  void end_child() noexcept;
  bool is_ours() const noexcept;
  bool take(std::size_t which, std::size_t max_output);

  pid_t owner_ = -1;  // the process that started it
  bool leads_group_ = false;
  std::optional<net::Descriptor> pidfd_;
  mutable sched::SpinLock lock_;  // of returncode_, and so that one caller reaps
  std::optional<int> returncode_;
};

}  // namespace loquat::subprocess
