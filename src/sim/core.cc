#include "sim/core.h"

#include <bit>
#include <cstring>
#include <string>

namespace loquat::sim {
namespace {

// Eight bytes at a time: this sees every byte of a run.
std::uint64_t fold(std::string_view bytes) {
  std::uint64_t sum = bytes.size();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    sum = std::rotl((sum ^ word) * 0x9E3779B97F4A7C15u, 29);
  }
  for (char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return sum;
}

}  // namespace

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
  mix_in(fold(what) ^ a);
  mix_in(b);
  if (sink_ == nullptr) return;
  auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(timeline_.now() - timeline_.started());
  sink_->write(LogLevel::debug, std::to_string(since.count()) + " ns: " + what + " " + std::to_string(a) + " " +
                                    std::to_string(static_cast<std::int64_t>(b)));
}

void Trace::add_bytes(std::uint64_t a, std::string_view bytes) {
  mix_in(fold(bytes));
  add("arrival", a, bytes.size());
}

}  // namespace loquat::sim
