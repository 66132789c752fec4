// why.h - why a TCP connection stands still or has died: from facts to a verdict. No call in this file waits or asks
// the kernel; socket_survey.h collects the facts.
//
//   Certain   We know of no other cause that fits the evidence.
//   Likely    This cause fits best; the verdict names the others.
//   Possible  A guess; look again to confirm it.
//   Healthy   "healthy" and "idle" are causes as well: nothing is wrong.
//
// A verdict describes one end. "Our application" is the process that holds the socket in question, client or server.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293, RFC 6298 (timers), docs/why.md (each cause with its evidence).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/kernel/counters.h"
#include "wire/kernel/owners.h"
#include "wire/kernel/sock_diag.h"
#include "wire/kernel/waits.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

enum class Cause : std::uint8_t {
  unknown,
  healthy,
  idle,
  listening,
  connecting,  // the handshake has just begun
  closing,     // the close has just begun, or waits for the peer's part as it should
  closed,      // gone, as it should be
  peer_not_reading,
  application_not_reading,
  close_wait_leak,
  not_accepting,
  backlog_full,
  syn_filtered,
  handshake_unanswered,  // our SYN-ACKs get no answer
  closed_port,
  path_loss,
  peer_gone,  // nothing comes back any more
  half_open,  // the other end does not exist any more; this end has not noticed
  fin_wait_2,
  time_wait_pile,
  port_exhaustion,  // open connections hold all ports towards one address
  reset_unread_data,
  reset_linger_0,
  reset_late_data,  // data arrived after close()
  reset,            // by the peer; the reason cannot be seen here
  refused_by_icmp,  // a router or the host answered with an ICMP error
  pmtu_black_hole,  // small segments pass, full-sized ones do not, and nobody says so
  nagle_delayed_ack,
  slow_handshake,
  slow_server,  // it has the request and does not answer
  reordering,
  capture_duplicates,        // the capture holds each frame twice
  spurious_retransmissions,  // what was sent again had arrived
};

enum class Certainty : std::uint8_t { possible, likely, certain };

struct Fact {
  Text text{};
  Source source = Source::kernel;
};

struct Verdict {
  Cause cause = Cause::unknown;
  Certainty certainty = Certainty::possible;
  Text sentence{};  // "STUCK 41 s: the peer's receive window is 0; its application is not reading."
  std::vector<Fact> evidence{};
  std::vector<Text> others{};  // what else it could be; empty if certain
  Text next{};                 // what to do, or to look at next
  Duration stuck{};            // how long nothing has moved; 0: unknown, or nothing is wrong
  bool look_longer = false;    // a longer look may make it more certain
};

// Whose part our end plays: that of a server if a program here listens at its address.
enum class Role : std::uint8_t { unknown, client, server };

// One socket as two looks saw it. After only one look, `first` and `last` are the same and `between` is 0.
struct Observation {
  kernel::SocketFacts first, last;                      // with Detail::all
  std::optional<kernel::SocketFacts> peer_first, peer;  // the other end, if it is in this network namespace
  std::optional<kernel::SocketFacts> listener;          // the listener that it connects to, or came from
  std::vector<kernel::Owner> owners, peer_owners, listener_owners;
  std::optional<kernel::Owner> out_of_descriptors;  // of those that should accept: one that may open no more
  std::optional<kernel::Owner> acceptor;  // who listens at our address, if another program alone holds the connection
  Role role = Role::unknown;
  bool peer_is_listened_at = false;  // a program here listens at the peer's address
  bool peer_takes_others = false;    // another connection to the peer's address and port is up
  bool peer_is_here = false;      // the peer's address is in this namespace: if the other end existed, we would see it
  bool may_be_nat = true;         // connections are tracked here, so addresses may be rewritten
  bool neighbour_failed = false;  // ARP for the peer, or for the router to it, gets no answer
  Duration between{};
  kernel::Waits waits;                                 // what it waited for meanwhile, if somebody glanced at it
  std::shared_ptr<const kernel::CounterValues> moved;  // counters of the whole namespace that rose between the looks

  // By how much that counter of the whole namespace rose between the looks.
  std::int64_t rose(const char* counter) const { return moved ? kernel::value(*moved, counter) : 0; }
};

Verdict judge(const Observation& seen);

// A socket that has died; it may have lived too short to be looked at.
struct Death {
  kernel::SocketFacts dead;
  bool held = false;                 // a process still holds it, and does not know yet that the connection is gone
  std::optional<Observation> alive;  // as we saw it before
  std::optional<kernel::SocketFacts> peer_dead;        // the other end, if it died too
  std::shared_ptr<const kernel::CounterValues> moved;  // since then
  int others = 0;                                      // sockets of other connections that died meanwhile

  std::int64_t rose(const char* counter) const { return moved ? kernel::value(*moved, counter) : 0; }
};

Verdict judge_death(const Death& death);

// "peer-not-reading", "healthy"; "certain".
std::string_view name(Cause cause) noexcept;
std::string_view name(Certainty certainty) noexcept;
// The cause for a table; with a question mark if something is wrong and the verdict is not certain: "path-loss?".
std::string cause_text(const Verdict& verdict);
// 0: nothing is wrong; 1: it is slow, or may become a problem; 2: something is wrong.
int severity(Cause cause) noexcept;

// How urgent a verdict is. The greater one comes first where people read it.
struct Urgency {
  int severity = 0;
  Certainty certainty{};  // of what is not wrong: possible
  Duration stuck{};

  auto operator<=>(const Urgency& other) const = default;
};
Urgency urgency(const Verdict& verdict) noexcept;

}  // namespace loquat::wire
