#include "http/accept.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <new>
#include <string>

#include "loquat/fiber.h"

namespace loquat::http {
namespace {

constexpr Duration scarcity_pause = std::chrono::milliseconds(100);

// What a failed accept() means for the listener.
enum class Refusal { closed, early, once, scarce, fatal };

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
    case EAGAIN:
    case ETIMEDOUT:
      return Refusal::early;
    // accept(2): what has befallen the new connection.
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
      return Refusal::once;
    default:
      return Refusal::fatal;
  }
}

// False: it is closed.
bool wait_for_next(Socket& listener) {
  try {
    return listener.wait_readable();
  } catch (const OSError& error) {
    if (refusal_of(error.errc()) == Refusal::closed) return false;
    throw;
  }
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

void wait_out_scarcity(const Server::State& state, std::exception_ptr failure) {
  if (failure) write_log(state.options.log, LogLevel::warning, "http: waiting to accept: " + what_of(failure));
  sleep(scarcity_pause);
}

std::optional<Socket> accept_one(const Server::State& state, Socket& listener) {
  unsigned failures = 0;
  for (bool said = false;;) {
    bool too_early = false;  // for the listener's own timeout
    std::exception_ptr failure;
    try {
      return listener.accept();
    } catch (const OSError& error) {
      const Refusal refusal = refusal_of(error.errc());
      if (refusal == Refusal::closed) return {};
      if (refusal == Refusal::fatal) throw;
      too_early = refusal == Refusal::early;
      // Many in a row are not what has befallen one connection, whatever they are called.
      if (refusal == Refusal::scarce || (!too_early && ++failures % 16 == 0)) failure = std::current_exception();
    } catch (const std::bad_alloc&) {
      failure = std::current_exception();
    }
    if (too_early && !wait_for_next(listener)) return {};
    if (failure) wait_out_scarcity(state, std::exchange(said, true) ? nullptr : failure);
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
