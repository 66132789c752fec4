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
  // Takes one line without its line end. Must neither throw nor wait for a fiber.
  virtual void write(LogLevel level, std::string_view line) noexcept = 0;
};

}  // namespace loquat
