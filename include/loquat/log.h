// log.h - where the library's few words go. It prints nothing by itself.
//
//   Threads   write() is called from any worker or pool thread, several at once.
//   Lifetime  A sink outlives whatever was given it.
//
// Layer: base (docs/layers.txt).
#pragma once

#include <string_view>

namespace loquat {

enum class LogLevel { debug, info, warning, error };

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Takes one line without its line end. Must not wait for a fiber. What it throws is dropped with the line.
  virtual void write(LogLevel level, std::string_view line) = 0;
};

// Writes to `sink` unless it is nullptr. How the library writes: a sink that fails is not the writer's failure.
inline void write_log(LogSink* sink, LogLevel level, std::string_view line) noexcept {
  try {
    if (sink != nullptr) sink->write(level, line);
  } catch (...) {
  }
}

}  // namespace loquat
