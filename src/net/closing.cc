#include "net/closing.h"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <string>

#include "loquat/fiber.h"

namespace loquat::net {

void shutdown_quietly(Socket& socket, int how) noexcept {
  try {
    socket.shutdown(how);
  } catch (const std::exception&) {
    // It has ended by itself, and there may be no memory to say so.
  }
}

void linger(Socket& socket) {
  constexpr Duration max_time = std::chrono::seconds(2);
  constexpr std::size_t max_bytes = 256 * 1024;
  try {
    socket.shutdown(SHUT_WR);
    const TimePoint deadline = deadline_after(now(), max_time);
    std::array<std::byte, 4096> dropped;
    for (std::size_t left = max_bytes; left > 0 && socket.wait_readable(deadline - now());) {
      const std::size_t size = socket.recv_into(std::span(dropped));
      if (size == 0) return;
      left -= std::min(left, size);
    }
  } catch (const OSError&) {
    // The peer has gone already.
  }
}

void close_gently(Socket& socket) {
  const CloseOnExit close(socket);
  linger(socket);
}

}  // namespace loquat::net
