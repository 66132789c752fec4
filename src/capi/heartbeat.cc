#include "capi/heartbeat.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "loquat/fiber.h"

namespace loquat::capi {
namespace {

// How long this thread was ready but had no processor. Fibers stay on their thread.
// Source: Linux, Documentation/scheduler/sched-stats.rst, /proc/<pid>/schedstat.
class Starved {
 public:
  Starved() : fd_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
  ~Starved() { ::close(fd_); }
  Starved(const Starved&) = delete;
  Starved& operator=(const Starved&) = delete;

  // 0 if the kernel does not report it.
  Duration so_far() const {
    char text[100];
    const ssize_t size = ::pread(fd_, text, sizeof(text), 0);
    const char* const end = text + std::max<ssize_t>(size, 0);
    const char* const second = std::find(static_cast<const char*>(text), end, ' ');
    std::int64_t nanoseconds = 0;
    if (second != end) std::from_chars(second + 1, end, nanoseconds);
    return Duration(nanoseconds);
  }

 private:
  int fd_;
};

void raise(std::atomic<std::int64_t>& max, Duration now) {
  if (now.count() > max) max = now.count();  // there is one fiber that beats
}

}  // namespace

void beat(Duration period) {
  const Starved starved;
  Duration before = starved.so_far();
  for (TimePoint due = now() + period;; due += period) {
    sleep(due - now());
    const Duration late = now() - due;
    const Duration after = starved.so_far();
    raise(lateness.in_all, late);
    // Time without a processor before the beat was due, at most a period, made nothing late: it is not subtracted.
    raise(lateness.by_fibers, late - std::max(after - before - period, Duration::zero()));
    before = after;
    due = std::max(due, now() - period);
  }
}

}  // namespace loquat::capi
