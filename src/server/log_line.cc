#include "server/log_line.h"

#include <algorithm>

namespace loquat::server {

std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

void write_line(LogSink* sink, LogLevel level, std::initializer_list<std::string_view> parts) noexcept {
  if (sink == nullptr) return;
  try {
    std::string line;
    for (const std::string_view part : parts) line += part;
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    write_log(sink, level, line);
  } catch (const std::exception&) {
    write_log(sink, level, "a handler failed");
  }
}

}  // namespace loquat::server
