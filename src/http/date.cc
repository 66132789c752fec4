#include "http/date.h"

#include <chrono>

#include "codec/http1/write.h"
#include "loquat/fiber.h"
#include "loquat/time.h"

namespace loquat::http {
namespace {

struct Cached {
  TimePoint from = never;
  TimePoint until = never;
  std::string line;
};

void refresh(Cached& cached, TimePoint at) {
  const auto wall = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  cached.line = "Date: " + codec::http_date(second) + "\r\n";
  cached.from = at;
  cached.until = at + std::chrono::duration_cast<Duration>(second + std::chrono::seconds(1) - wall);
}

}  // namespace

void append_date(std::string& out) {
  thread_local Cached cached;
  const TimePoint at = now();
  // A clock that went back belongs to another World: a simulation has ended or begun.
  if (at < cached.from || at >= cached.until) refresh(cached, at);
  out += cached.line;
}

}  // namespace loquat::http
