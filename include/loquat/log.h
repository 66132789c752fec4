// log.h - the sink for the library's log lines.
//
// The library prints nothing by itself, with one exception: a fiber that fails unnoticed in a run without a sink
// (fiber.h, Errors).
//
//   Threads   Several workers and other threads may call write() at the same time.
//   Lifetime  A sink must outlive every run, server and simulation that was given it.
//
// Layer: base (docs/layers.txt).
#pragma once

#include <string_view>

namespace loquat {

enum class LogLevel { debug, info, warning, error };

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Takes one line, without a newline. Must not wait for a fiber. If it throws, the exception and the line are dropped.
  virtual void write(LogLevel level, std::string_view line) = 0;
};

// Writes a line to `sink`; nullptr drops it. Exceptions of the sink are swallowed: a broken log must not fail its
// writer. The library writes its own lines with this call.
inline void write_log(LogSink* sink, LogLevel level, std::string_view line) noexcept {
  try {
    if (sink != nullptr) sink->write(level, line);
  } catch (...) {
  }
}

}  // namespace loquat
