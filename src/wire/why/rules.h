// rules.h - the rules of why.h. Each is a function that knows one way in which a connection stands still. The first one
// that answers gives the verdict; why.cc has their order. For this room only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wire/text/texts.h"
#include "wire/why/why.h"

namespace loquat::wire::rules {

// What the two looks say together.
struct Reading {
  explicit Reading(const Observation& of);

  const Observation& seen;
  const kernel::SocketFacts& now;
  kernel::TcpInfo info;  // at the last look; zeros if the kernel gave none
  kernel::Waits waits;   // those of `seen`, with the unclear ones cleared up where that is possible
  bool has_info = false;
  // Between the looks: bytes that the peer acknowledged, that arrived, that our application read; and segments.
  std::uint64_t acked = 0, received = 0, consumed = 0;
  std::uint64_t retransmitted = 0, data_segments = 0, segments_in = 0;
  std::uint64_t lost_so_far = 0;    // segments sent again since the connection began, without the spurious ones
  std::uint64_t peer_consumed = 0;  // what the other end's application has read
  bool peer_seen = false;           // in both looks

  bool is(State state) const noexcept { return now.state == state; }
  bool connected() const noexcept;  // the handshake is done, and it is not in TIME-WAIT
  bool moving() const noexcept { return acked + received + consumed > 0; }
  // Whether the looks are far enough apart to tell an application that does not read from a slow one.
  bool looked_long() const noexcept;
};

using Answer = std::optional<Verdict>;

// The handshake: opening.cc
Answer listener(const Reading& r);
Answer syn_sent(const Reading& r);
Answer syn_received(const Reading& r);
Answer server_has_no_room(const Reading& r);
Answer not_accepted(const Reading& r);
Answer not_accepted_by_peer(const Reading& r);
// Sending: sending.cc
Answer zero_window(const Reading& r);
Answer arrived_unread(const Reading& r);
Answer black_hole(const Reading& r);
Answer unanswered(const Reading& r);
Answer losing(const Reading& r);
// Receiving: receiving.cc
Answer not_read(const Reading& r);
Answer close_wait(const Reading& r);
// The close is under way, or the other end does not exist or does not answer: closing.cc
Answer closing(const Reading& r);
Answer other_end_missing(const Reading& r);
Answer keepalive_unanswered(const Reading& r);
// It takes its time: slow.cc
Answer held_back(const Reading& r);
Answer slow_answer(const Reading& r);
Answer slow_to_open(const Reading& r);
// How long the handshake took, if something of it was sent again; a line of evidence about it.
std::optional<Fact> slow_handshake_fact(const Reading& r);
// "of 1 s: 860 ms until 10.0.0.2:80 answered"; nothing if it waited for nothing.
std::optional<Fact> where_the_time_went(const Reading& r);
// Nothing is wrong: healthy.cc
bool peer_lives(const Reading& r);
Answer moving(const Reading& r);
Answer waiting_for_ack(const Reading& r);
Answer idle(const Reading& r);

inline Certainty certain_if(bool sure) { return sure ? Certainty::certain : Certainty::likely; }
// A rule always lists the other causes. A verdict that is certain has none: this drops them.
Verdict without_others_if_certain(Verdict verdict);

// "python3 (4242)", "nginx (17) and 3 more"; "a process of uid 0 that you may not see", "no process any more".
Text owner_text(const std::vector<kernel::Owner>& owners, const kernel::SocketFacts& socket);
// The number of the first; "PID" if none may be seen.
std::string pid_text(const std::vector<kernel::Owner>& owners);
// The verdict; if the process it is about is stopped, traced or stuck in the kernel, that is named as the cause.
Verdict with_state_of(const std::vector<kernel::Owner>& owners, const kernel::SocketFacts& socket, Verdict v);
// The same of those that should accept; if one has no descriptor left for that, this is the cause.
Verdict with_state_of_acceptor(const Observation& seen, const std::vector<kernel::Owner>& owners,
                               const kernel::SocketFacts& socket, Verdict v);
// Its addresses, state, queues and timer.
Fact socket_fact(const kernel::SocketFacts& socket);

}  // namespace loquat::wire::rules
