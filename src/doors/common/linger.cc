#include "doors/common/linger.h"

#include <string>

#include "loquat/fiber.h"

namespace loquat::doors {

void close_gently(Socket& socket, LingerBounds bounds) {
  struct Close {
    Socket& socket;
    ~Close() { socket.close(); }
  } close{socket};
  try {
    socket.shutdown(SHUT_WR);
    const TimePoint deadline = deadline_after(now(), bounds.time);
    std::size_t left = bounds.bytes;
    while (left > 0 && socket.wait_readable(deadline - now())) {
      const std::size_t size = socket.recv(4096).size();
      if (size == 0) return;
      left -= std::min(left, size);
    }
  } catch (const OSError&) {
    // The peer has gone already.
  }
}

}  // namespace loquat::doors
