#include "sched/overflow.h"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstddef>
#include <string_view>

#include "loquat/fiber.h"
#include "sched/worker.h"

namespace loquat::sched {
namespace {

constexpr std::size_t handler_stack = 32 * 1024;  // AVX-512 alone saves 3 KiB there
std::atomic<bool> reports{false};
struct sigaction before {};

// Builds a line with async-signal-safe calls only.
class Line {
 public:
  Line& operator<<(std::string_view text) {
    size_ += text.copy(text_ + size_, sizeof(text_) - size_);
    return *this;
  }
  Line& operator<<(std::size_t number) {
    size_ = static_cast<std::size_t>(std::to_chars(text_ + size_, text_ + sizeof(text_), number).ptr - text_);
    return *this;
  }
  void write() const { [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text_, size_); }

 private:
  char text_[512];
  std::size_t size_ = 0;
};

void on_fault(int, siginfo_t* info, void*) {
  const Stack* const stack = Worker::running_stack();
  const auto* const address = static_cast<const char*>(info->si_addr);
  if (stack != nullptr && address < stack->low && address >= stack->low - page_size()) {
    const std::size_t used = stack->size + sizeof(Stack);  // its last page is not used to the end
    const std::size_t pages = (used + page_size() - 1) / page_size() + 1;
    const Place origin = Worker::running_origin();
    Line line;
    line << "loquat: a fiber";
    if (origin.file != nullptr) line << " spawned at " << std::string_view(origin.file) << ":" << origin.line;
    line << " has used all of its stack of " << pages * page_size()
         << " bytes. Give fibers more by RunOptions::stack_size, or put large buffers on the heap.\n";
    line.write();
  }
  ::sigaction(SIGSEGV, &before, nullptr);
}

}  // namespace

OverflowStack::OverflowStack() {
  ::sigaltstack(nullptr, &before_);
  if ((before_.ss_flags & SS_DISABLE) == 0) return;  // the thread has one
  memory_ = std::make_unique_for_overwrite<char[]>(handler_stack);
  const stack_t own{memory_.get(), 0, handler_stack};
  ::sigaltstack(&own, nullptr);
}

OverflowStack::~OverflowStack() {
  if (memory_) ::sigaltstack(&before_, nullptr);
}

}  // namespace loquat::sched

namespace loquat {

void report_stack_overflow() {
  if (sched::reports.exchange(true)) return;
  struct sigaction action {};
  action.sa_sigaction = &sched::on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(SIGSEGV, &action, &sched::before);
}

}  // namespace loquat
