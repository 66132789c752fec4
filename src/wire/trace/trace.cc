#include "wire/trace/trace.h"

#include <array>

namespace loquat::wire {

std::string_view name(Source source) noexcept {
  static constexpr std::array<std::string_view, 5> names = {"captured", "kernel", "reported", "inferred", "recorded"};
  return names[static_cast<std::size_t>(source)];
}

std::string_view name(Fate fate) noexcept {
  static constexpr std::array<std::string_view, 4> names = {"held", "delivered", "dropped", "corrupted"};
  return names[static_cast<std::size_t>(fate)];
}

std::string_view name(SegmentKind kind) noexcept {
  static constexpr std::array<std::string_view, 13> names = {"",
                                                             "copy",
                                                             "retransmission",
                                                             "fast-retransmission",
                                                             "spurious-retransmission",
                                                             "out-of-order",
                                                             "keep-alive",
                                                             "keep-alive-ack",
                                                             "window-probe",
                                                             "window-probe-ack",
                                                             "duplicate-ack",
                                                             "window-update",
                                                             "challenge-ack"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace loquat::wire
