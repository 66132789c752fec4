// socket_survey.h - collects what why.h judges: two looks at all TCP sockets of a network namespace, and who died
// between them.
//
//   Namespace The one that the calling thread is in when the SocketSurvey is made; it must stay in it.
//   Threads   One at a time.   Errors OSError of sock_diag.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "loquat/time.h"
#include "wire/kernel/deaths.h"
#include "wire/kernel/sock_diag.h"
#include "wire/why/why.h"

namespace loquat::wire {

class SocketSurvey {
 public:
  // Takes the first look.
  SocketSurvey();

  // Another look; the first one stays what it is compared with, however many there are.
  void look();
  // The latest look becomes the first; deaths so far are forgotten.
  void restart();
  Duration between() const noexcept { return last_.at - first_.at; }

  // All sockets of the latest look that `wanted` is true of. What is told of a socket's owners is as of that look.
  std::vector<Observation> seen(const std::function<bool(const Observation&)>& wanted) const;
  // All that died between the first look and the latest, and all that are gone from the latest though a process still
  // holds them. Each once.
  std::vector<Death> deaths();
  int deaths_fileno() const noexcept { return deaths_.fileno(); }
  bool is_here(const Address& address) const;
  bool may_be_nat() const noexcept { return may_be_nat_; }  // why.h, Observation

 private:
  using Ends = std::pair<std::string, std::string>;
  struct Snapshot {
    TimePoint at;
    std::vector<kernel::SocketFacts> sockets;
    std::map<Ends, std::size_t> by_ends;
    kernel::CounterValues counters;
  };

  static Snapshot take(kernel::SockDiag& diag);
  static const kernel::SocketFacts* find(const Snapshot& look, const Ends& ends);
  const kernel::SocketFacts* listener_at(const Address& address) const;
  Observation seen_of(const kernel::SocketFacts& socket) const;
  std::vector<Death> new_deaths();
  void find_alive(Death& death) const;

  kernel::SockDiag diag_;
  kernel::Deaths deaths_;
  std::set<std::string> local_hosts_;
  std::set<std::string> failed_neighbours_;
  bool may_be_nat_ = true;
  Snapshot first_, last_;
  kernel::Owners owners_;
  std::set<std::uint64_t> told_dead_;  // cookies
};

}  // namespace loquat::wire
