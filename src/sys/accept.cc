#include "sys/accept.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <new>

namespace loquat::sys {
namespace {

using Turns = std::array<std::mutex, 64>;
Turns turns;

// Returns the same mutex for all copies of a socket.
std::mutex& turn_of(int socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  ::getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size);
  return turns[cookie % turns.size()];
}

void lock_record(int fd, short type) {
  struct flock record {};
  record.l_type = type;
  while (::fcntl(fd, F_SETLKW, &record) < 0 && errno == EINTR) continue;
}

std::int64_t accept(int listener, PeerName* peer) {
  auto* const address = peer == nullptr ? nullptr : reinterpret_cast<sockaddr*>(&peer->address);
  for (;;) {
    if (peer != nullptr) peer->size = sizeof(peer->address);
    const int accepted = ::accept4(listener, address, peer == nullptr ? nullptr : &peer->size, SOCK_CLOEXEC);
    if (accepted >= 0) return accepted;
    if (errno != EINTR) return -errno;
  }
}

// True for a Unix listener after shutdown(2).
bool is_shut(int listener) {
  pollfd end{listener, POLLRDHUP, 0};
  return ::poll(&end, 1, 0) == 1;
}

}  // namespace

std::int64_t accept_now(int listener, PeerName* peer) {
  const std::lock_guard turn(turn_of(listener));
  lock_record(listener, F_WRLCK);
  const int flags = ::fcntl(listener, F_GETFL);
  const bool blocking = flags >= 0 && (flags & O_NONBLOCK) == 0;
  if (blocking) ::fcntl(listener, F_SETFL, flags | O_NONBLOCK);
  std::int64_t result = accept(listener, peer);
  if (result == -EAGAIN && is_shut(listener)) result = -EINVAL;  // as accept4(2) does on a blocking socket
  if (blocking) ::fcntl(listener, F_SETFL, flags);
  lock_record(listener, F_UNLCK);
  return result;
}

void reset_accept_turns() noexcept { new (&turns) Turns; }

}  // namespace loquat::sys
