#include "http/accept.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "loquat/fiber.h"

namespace loquat::http {
namespace {

constexpr Duration scarcity_pause = std::chrono::milliseconds(100);

// What a failed accept() means for the listener.
enum class Refusal { closed, once, scarce, fatal };

Refusal refusal_of(int error) noexcept {
  switch (error) {
    case EBADF:
    case EINVAL:
      return Refusal::closed;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Refusal::scarce;
    // accept(2): what has befallen the new connection.
    case EAGAIN:
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EINTR:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
    case EPROTO:
    case ETIMEDOUT:
      return Refusal::once;
    default:
      return Refusal::fatal;
  }
}

void log_scarcity(const Server::State& state, const OSError& error) {
  if (state.options.log == nullptr) return;
  state.options.log->write(LogLevel::warning, std::string("http: waiting to accept: ") + error.what());
}

}  // namespace

Listening::Listening(Server::State& state, Socket& listener) : state_(state), listener_(listener) {
  const std::lock_guard lock(state_.listeners_mutex);
  state_.listeners.push_back(&listener_);
}

Listening::~Listening() {
  const CancelShield shield;
  const std::lock_guard lock(state_.listeners_mutex);
  std::erase(state_.listeners, &listener_);
}

std::optional<Socket> accept_one(const Server::State& state, Socket& listener) {
  for (bool said = false;;) {
    try {
      return listener.accept();
    } catch (const OSError& error) {
      switch (refusal_of(error.errc())) {
        case Refusal::closed:
          return {};
        case Refusal::once:
          continue;
        case Refusal::scarce:
          if (!std::exchange(said, true)) log_scarcity(state, error);
          break;
        case Refusal::fatal:
          throw;
      }
    }
    sleep(scarcity_pause);
  }
}

void set_nodelay(Socket& socket) noexcept {
  try {
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  } catch (const OSError&) {
    // A Unix socket.
  }
}

}  // namespace loquat::http
