// stderr_log.h - the command's log on standard error: each entry is one line with its time.
#pragma once

#include <memory>

#include "loquat/log.h"

namespace spdlog {
class logger;
}

namespace loquat::tool {

class StderrLog final : public LogSink {
 public:
  // Entries below `min_level` are not written.
  explicit StderrLog(LogLevel min_level);
  ~StderrLog() override;
  // Control characters in `line` become '?': input from outside cannot control the terminal.
  void write(LogLevel level, std::string_view line) noexcept override;

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace loquat::tool
