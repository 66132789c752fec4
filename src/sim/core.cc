#include "sim/core.h"

#include <string>

namespace loquat::sim {

void Timeline::at(TimePoint when, Event event) { events_.push({std::max(when, now_), order_++, std::move(event)}); }

std::uint64_t Timeline::run_due() {
  std::uint64_t count = 0;
  for (; !events_.empty() && events_.top().when <= now_; ++count) {
    Event event = std::move(events_.top().event);
    events_.pop();
    event();
  }
  return count;
}

void Trace::add(const char* what, std::uint64_t a, std::uint64_t b) {
  mix_in(static_cast<std::uint64_t>(timeline_.now().time_since_epoch().count()));
  for (const char* c = what; *c != '\0'; ++c) mix_in(static_cast<unsigned char>(*c));
  mix_in(a);
  mix_in(b);
  if (sink_ == nullptr) return;
  auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(timeline_.now() - timeline_.started());
  sink_->write(LogLevel::debug, std::to_string(since.count()) + " ns: " + what + " " + std::to_string(a) + " " +
                                    std::to_string(static_cast<std::int64_t>(b)));
}

void Trace::add_bytes(std::uint64_t a, std::string_view bytes) {
  std::uint64_t sum = 0xCBF29CE484222325u;  // FNV-1a
  for (char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  mix_in(sum);
  add("arrival", a, bytes.size());
}

}  // namespace loquat::sim
