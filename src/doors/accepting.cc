#include "doors/accepting.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <string>
#include <utility>

#include "loquat/fiber.h"

namespace loquat::doors {
namespace {

constexpr Duration scarcity_pause = std::chrono::milliseconds(100);
constexpr int most_unsent = 128 * 1024;
constexpr int most_unanswered = 120'000;  // ms: with bytes under way keep-alive is silent, and TCP would try for 15 min

enum class Refusal { closed, scarce, fatal, once };

Refusal refusal_of(int error) noexcept {
  switch (error) {
    case EBADF:
      return Refusal::closed;
    case EINVAL:
      return Refusal::closed;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Refusal::scarce;
    case ENOTSOCK:
    case EFAULT:
      return Refusal::fatal;
    default:
      return Refusal::once;  // what has befallen the new connection
  }
}

}  // namespace

void set_options(Socket& socket) {
  if (socket.getsockopt(SOL_SOCKET, SO_DOMAIN) == AF_UNIX ||
      socket.getsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT) == most_unsent)
    return;
  socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
  socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  socket.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  socket.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 4);
  socket.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, most_unanswered);
  socket.setsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT, most_unsent);
}

std::optional<Socket> Acceptor::next() {
  for (;;) {
    try {
      Socket socket = listener_.accept();
      said_ = false;
      set_options(socket);
      return socket;
    } catch (const OSError& error) {
      const Refusal refusal = refusal_of(error.errc());
      if (refusal == Refusal::closed) return {};
      if (refusal == Refusal::fatal) throw;
      if (refusal == Refusal::once) continue;
      if (!std::exchange(said_, true) && sink_ != nullptr) {
        write_log(sink_, LogLevel::warning, std::string("front: connections have to wait: ") + error.what());
      }
    }
    sleep(scarcity_pause);
  }
}

}  // namespace loquat::doors
