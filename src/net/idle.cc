#include "net/idle.h"

#include "sched/worker.h"

namespace loquat::net {

bool wait_readable_idle(Socket& socket, Duration timeout) {
  constexpr Duration short_wait = std::chrono::seconds(1);
  if (timeout <= short_wait) return socket.wait_readable(timeout);
  if (socket.wait_readable(short_wait)) return true;
  sched::Worker::trim_stack();
  return socket.wait_readable(timeout == Duration::max() ? timeout : timeout - short_wait);
}

}  // namespace loquat::net
