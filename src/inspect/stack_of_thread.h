// stack_of_thread.h - asks the thread of a worker for its stack, by a signal.
//
// Layer: inspect.  Source: signal-safety(7), backtrace(3).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sched/worker.h"

namespace loquat::inspect {

// What a thread says about the fiber that it runs.
struct Held {
  std::uint64_t number = 0;
  std::string name;
  std::string spawned;
  std::vector<void*> frames;  // return addresses, the innermost first
};

// Has the handler of a signal. Throws std::logic_error if the program has one already. In the child of a fork(2) that
// of its parent does not count.
class StackSignal {
 public:
  explicit StackSignal(int signal);
  ~StackSignal();
  StackSignal(const StackSignal&) = delete;
  StackSignal& operator=(const StackSignal&) = delete;

  // Nothing if the thread does not answer within `patience`, or has left the fiber that it ran at `pulse`
  // (Worker::pulse()).
  std::optional<Held> ask(const sched::Worker& worker, std::uint64_t pulse,
                          std::chrono::milliseconds patience = std::chrono::milliseconds(50)) const;

 private:
  const int signal_;
};

// "read(2)" if the thread is in a system call; own_code; empty if unknown. Source: proc(5), /proc/pid/syscall.
inline constexpr std::string_view own_code = "its own code";
std::string activity_of(pid_t thread);
// "parse(Request const&)" or "program+0x1234".
std::string name_of_frame(void* address);

}  // namespace loquat::inspect
