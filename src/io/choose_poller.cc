#include "io/choose_poller.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "loquat/error.h"

namespace loquat::io {
namespace {

// What $LOQUAT_POLLER asks for.
PollerKind forced_by_environment() {
  const char* variable = std::getenv("LOQUAT_POLLER");
  const std::string forced = variable == nullptr ? "" : variable;
  if (forced == "epoll") return PollerKind::epoll;
  if (forced == "uring") return PollerKind::uring;
  if (forced.empty()) return PollerKind::automatic;
  throw std::invalid_argument("LOQUAT_POLLER is '" + forced + "'; it may be 'epoll' or 'uring'");
}

std::vector<std::unique_ptr<sched::Poller>> make_all(std::unique_ptr<sched::Poller> (*make)(), std::size_t count) {
  std::vector<std::unique_ptr<sched::Poller>> pollers;
  while (pollers.size() < count) pollers.push_back(make());
  return pollers;
}

}  // namespace

std::vector<std::unique_ptr<sched::Poller>> make_pollers(PollerKind kind, std::size_t count, LogSink* log) {
  if (kind == PollerKind::automatic) kind = forced_by_environment();
  if (kind != PollerKind::epoll) {
    try {
      probe_uring();
      return make_all(&make_uring_poller, count);
    } catch (const OSError& e) {
      if (kind == PollerKind::uring) throw;
      write_log(log, LogLevel::info, std::string("io_uring cannot be used, using epoll: ") + e.what());
    }
  }
  return make_all([] { return make_epoll_poller(); }, count);
}

}  // namespace loquat::io
