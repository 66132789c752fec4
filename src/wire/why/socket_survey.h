// socket_survey.h - collects what why.h judges: two looks at all TCP sockets of a network namespace, and who died
// between them.
//
//   Namespace The one that the calling thread is in when the SocketSurvey is made; it must stay in it.
//   Memory    Some 800 bytes a socket. What is told of one is put together when it is asked for, in some 5 us.
//   Threads   One at a time.   Errors OSError of sock_diag.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loquat/time.h"
#include "wire/kernel/deaths.h"
#include "wire/kernel/owners.h"
#include "wire/kernel/socket_table.h"
#include "wire/why/why.h"

namespace loquat::wire {

class SocketSurvey {
 public:
  // Takes the first look.
  SocketSurvey();

  // Another look; the first one stays what it is compared with, however many there are.
  void look();
  // Looks at these of sockets() alone, in some 5 us each. What they wait for then is told as their Observation's waits.
  void glance(const std::vector<std::size_t>& indexes);
  // The latest look becomes the first; deaths so far are forgotten.
  void restart();
  Duration between() const noexcept { return last_->at - first_->at; }

  // The sockets of the latest look, and their owners as of that look.
  const kernel::SocketTable& sockets() const noexcept { return last_->sockets; }
  const kernel::Owners& owners() const;
  // What both looks say of sockets()[index].
  Observation operator[](std::size_t index) const { return seen_of(last_->sockets[index]); }
  // All that died between the first look and the latest, and all that are gone from the latest though a process still
  // holds them. Each once.
  std::vector<Death> deaths();
  int deaths_fileno() const noexcept { return deaths_.fileno(); }
  bool is_here(const Address& address) const;
  bool may_be_nat() const noexcept { return may_be_nat_; }  // why.h, Observation

 private:
  struct Snapshot {
    TimePoint at;
    kernel::SocketTable sockets;
    kernel::CounterValues counters;
  };

  void take();
  void count();  // what has moved between the two looks
  Observation seen_of(const kernel::SocketFacts& socket) const;
  Role role_of(const kernel::SocketFacts& socket) const;
  void find_listener(const Address& address, Observation& seen) const;
  std::optional<kernel::Owner> acceptor_of(const Observation& seen) const;
  bool takes_others(const Address& server) const;
  std::vector<Death> new_deaths();
  void find_alive(Death& death) const;

  kernel::SockDiag diag_;
  kernel::Deaths deaths_;
  std::set<std::string> local_hosts_;
  std::set<std::string> failed_neighbours_;
  bool may_be_nat_ = true;
  std::shared_ptr<Snapshot> first_, last_;
  std::shared_ptr<const kernel::CounterValues> moved_;  // between them
  // As of the latest look, once they have been asked for.
  mutable std::unique_ptr<const kernel::Owners> owners_;
  mutable std::optional<std::set<Address>> reached_;  // the far ends of established connections
  std::set<std::uint64_t> told_dead_;                 // cookies
  std::map<std::uint64_t, kernel::Waits> waits_;      // by cookie; of those that were glanced at
};

}  // namespace loquat::wire
