// why.h - why a TCP connection stands still or has died: from facts to a verdict. No call in this file waits or asks
// the kernel; socket_survey.h collects the facts.
//
//   Certain   The evidence admits no other cause that we know of.
//   Likely    It fits this cause best; the others are named.
//   Possible  A guess that one more look should confirm.
//   Healthy   and idle are causes, too: nothing stands still.
//
// A verdict speaks of one end: "our application" is the process that holds the socket that was asked for, on whichever
// side it is.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293, RFC 6298 (timers), docs/why.md (each cause with its evidence).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/kernel/counters.h"
#include "wire/kernel/owners.h"
#include "wire/kernel/sock_diag.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

enum class Cause : std::uint8_t {
  unknown,
  healthy,
  idle,
  listening,
  connecting,  // the handshake has just begun
  closing,     // the close has just begun, or waits for the peer's part as it should
  closed,      // gone as it should
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
  half_open,  // the other end does not exist, this one does not know
  fin_wait_2,
  time_wait_pile,
  reset_unread_data,
  reset_linger_0,
  reset_late_data,  // data came after close()
  reset,            // by the peer, for a reason that does not show
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
  bool look_longer = false;    // a longer look may make it more certain
};

// What was seen of one socket in two looks. Where there was only one, both are the same and `between` is 0.
struct Seen {
  kernel::SocketFacts first, last;                      // with Detail::all
  std::optional<kernel::SocketFacts> peer_first, peer;  // the other end, if it is in this network namespace
  std::optional<kernel::SocketFacts> listener;          // who listens where it connects to, or where it came from
  std::vector<kernel::Owner> owners, peer_owners;
  bool peer_is_here = false;      // its address is of this namespace: were there another end, it would have been seen
  bool may_be_nat = true;         // connections are tracked here, so that addresses may be rewritten
  bool neighbour_failed = false;  // the peer's, or the router's, link address is asked for and nobody answers
  Duration between{};
  kernel::CounterValues moved;  // in the whole namespace meanwhile
};

Verdict judge(const Seen& seen);

// A socket that was there, or not even that, and has died.
struct Death {
  kernel::SocketFacts dead;
  bool held = false;          // a process still holds it, and has yet to learn that the connection is gone
  std::optional<Seen> alive;  // as it was seen before
  std::optional<kernel::SocketFacts> peer_dead;  // the other end, if it died too
  kernel::CounterValues moved;                   // since then
  int others = 0;  // further sockets that died meanwhile and are no part of this connection
};

Verdict judge_death(const Death& death);

// Of a port that no socket here has, at an address of this machine. `may_be_nat`: as in Seen.
Verdict judge_absent(const std::string& where, bool may_be_nat);
// Connections in TIME-WAIT, if one peer has so many of them that the `ports` that a client may have run short.
std::optional<Verdict> judge_pile(const std::vector<Seen>& all, int ports);

// "peer-not-reading", "healthy"; "certain".
std::string_view name(Cause cause) noexcept;
std::string_view name(Certainty certainty) noexcept;
// A word for a table: "ok", "idle", "STUCK peer not reading", "trouble path loss", "STUCK?" if not certain.
Text word(const Verdict& verdict);
// The worse, the higher: 0 for what is as it should be.
int severity(Cause cause) noexcept;

}  // namespace loquat::wire
