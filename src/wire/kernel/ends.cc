#include "wire/kernel/ends.h"

#include <array>

namespace loquat::wire {

std::string_view name(State state) noexcept {
  static constexpr std::array<std::string_view, 12> names = {
      "?",          "CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED",
      "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view name(Side side) noexcept { return side == Side::client ? "client" : "server"; }

}  // namespace loquat::wire
