#include "wire/trace.h"

#include <array>

namespace loquat::wire {

std::string_view name(State state) noexcept {
  static constexpr std::array<std::string_view, 12> names = {
      "?",          "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED",
      "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view name(Side side) noexcept { return side == Side::client ? "client" : "server"; }

std::string_view name(Source source) noexcept {
  static constexpr std::array<std::string_view, 5> names = {"captured", "kernel", "reported", "inferred", "recorded"};
  return names[static_cast<std::size_t>(source)];
}

std::string_view name(Fate fate) noexcept {
  static constexpr std::array<std::string_view, 4> names = {"held", "delivered", "dropped", "corrupted"};
  return names[static_cast<std::size_t>(fate)];
}

}  // namespace loquat::wire
