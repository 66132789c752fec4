// stderr_log.h - the log of the command: standard error, a line each, with the time.
#pragma once

#include <memory>

#include "loquat/log.h"

namespace spdlog {
class logger;
}

namespace loquat::tool {

class StderrLog final : public LogSink {
 public:
  // `least`: what is below it is not written.
  explicit StderrLog(LogLevel least);
  ~StderrLog() override;
  // Control characters in `line` become '?', so that nothing from outside reaches a terminal unescaped.
  void write(LogLevel level, std::string_view line) noexcept override;

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace loquat::tool
