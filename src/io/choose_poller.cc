#include "io/choose_poller.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "loquat/error.h"

namespace loquat::io {

PollerKind choose_poller(PollerKind kind, LogSink* log) {
  if (kind != PollerKind::automatic) return kind;
  const char* variable = std::getenv("LOQUAT_POLLER");
  std::string forced = variable == nullptr ? "" : variable;
  if (forced == "epoll") return PollerKind::epoll;
  if (forced == "uring") return PollerKind::uring;
  if (!forced.empty()) throw std::invalid_argument("LOQUAT_POLLER is '" + forced + "'; it may be 'epoll' or 'uring'");
  try {
    make_uring_poller();
    return PollerKind::uring;
  } catch (const OSError& e) {
    if (log != nullptr) log->write(LogLevel::info, std::string("io_uring is not to be had, using epoll: ") + e.what());
    return PollerKind::epoll;
  }
}

std::unique_ptr<sched::Poller> make_poller(PollerKind kind) {
  return kind == PollerKind::epoll ? make_epoll_poller() : make_uring_poller();
}

}  // namespace loquat::io
