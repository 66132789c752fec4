#include "stderr_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include "codec/text/utf8.h"

namespace loquat::tool {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

StderrLog::StderrLog(LogLevel min_level)
    : logger_(std::make_unique<spdlog::logger>("loquat", std::make_shared<spdlog::sinks::stderr_color_sink_mt>())) {
  logger_->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  logger_->set_level(to_spdlog(min_level));
}

StderrLog::~StderrLog() = default;

void StderrLog::write(LogLevel level, std::string_view line) noexcept {
  try {
    std::string safe = codec::sanitize_line(line);
    logger_->log(to_spdlog(level), spdlog::string_view_t(safe.data(), safe.size()));
  } catch (...) {  // standard error may be a file on a full disk: there is no other place to report to
  }
}

}  // namespace loquat::tool
