// sim_socket.h - one end of a simulated connection, or a listener: what the kernel would keep for a descriptor.
//
//   Numbers   A socket's number is never used again in a run, so whoever holds one finds the same socket or none.
//   Ends      Each end keeps what it sends until that has arrived; what has arrived is kept by the receiving end.
//
// Layer: sim.
#pragma once

#include <poll.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "loquat/time.h"
#include "sim/byte_queue.h"
#include "sim/name.h"

namespace loquat::sim {

using SocketNumber = std::uint32_t;  // 0: none

enum class State : std::uint8_t {
  fresh,  // and again after a connect that failed
  listening,
  connecting,
  connected,
  dead,  // was connected; a reset was sent or received, or TCP gave up
};

// Something on its way to the peer.
struct Segment {
  enum Kind : std::uint8_t { open, data, fin, reset } kind;
  TimePoint sent;
  TimePoint due;
  std::string bytes;
};

// What this end sends.
struct Outgoing {
  ByteQueue queued;            // taken by send(), not on its way yet
  std::deque<Segment> flight;  // on its way, in order
  TimePoint last_due{};        // of the flight: nothing overtakes
  std::size_t held = 0;        // bytes in the send buffer: all that the peer has not acknowledged
  std::int64_t credit = 0;     // bytes that the peer's window still takes
  bool fin_wanted = false;     // SHUT_WR or close: FIN follows the queue
  bool fin_sent = false;
  bool fin_acknowledged = false;
};

// What this end receives.
struct Incoming {
  ByteQueue arrived;
  std::int64_t credit_owed = 0;  // read, but the peer has not been told
  bool fin = false;              // the peer's FIN has arrived
  bool shut = false;             // SHUT_RD
  bool stopped = false;          // testing::stop_reading
};

struct SimSocket {
  SocketNumber number = 0;
  int family = AF_INET;
  int proto = 0;
  int descriptors = 0;
  State state = State::fresh;
  bool closed = false;  // the last descriptor is gone; what is queued may still be on its way
  bool nonblocking = false;
  bool bound = false;     // has a place in Ports
  bool reported = false;  // connect() has said that the connection stands
  bool failed = false;    // the last connect() failed
  bool closed_first = false;
  int error = 0;      // SO_ERROR
  TimePoint began{};  // connect()
  Name local;
  Name remote;
  SocketNumber peer = 0;

  // Options.
  bool reuse_address = false;
  bool reuse_port = false;
  bool v6only = false;
  std::optional<int> linger;
  std::size_t send_capacity = 0;
  std::size_t receive_capacity = 0;
  std::map<std::pair<int, int>, int> options;  // those that change nothing here, and TCP_USER_TIMEOUT
  std::optional<std::pair<Duration, Duration>> latency;

  // A listener's.
  int backlog = 0;
  int handshakes = 0;
  std::deque<SocketNumber> queue;  // connected, not accepted yet
  SocketNumber listener = 0;       // of an end in its handshake

  Outgoing out;
  Incoming in;

  bool is_unix() const noexcept { return family == AF_UNIX; }
  std::size_t send_room() const noexcept { return out.held < send_capacity ? send_capacity - out.held : 0; }
  // As in Linux, a full buffer counts as writable again only when a third of it is free.
  bool writable() const noexcept { return send_room() * 3 >= send_capacity; }
  // TCP's state CLOSE: reset, or both sides are done.
  bool over() const noexcept { return state == State::dead || (in.fin && out.fin_acknowledged); }
  bool read_shut() const noexcept { return in.fin || in.shut || state == State::dead; }
  bool write_shut() const noexcept { return out.fin_wanted || state == State::dead; }

  // What poll(2) would report.
  int poll_bits() const noexcept {
    if (state == State::listening) return queue.empty() ? 0 : POLLIN;
    int bits = error != 0 ? POLLERR : 0;
    if (state == State::connecting) return bits;
    if (state == State::fresh || over() || (read_shut() && write_shut())) bits |= POLLHUP;
    if (read_shut() || failed) bits |= POLLIN | POLLRDHUP;
    if (!in.arrived.empty()) bits |= POLLIN;
    if (write_shut() || writable()) bits |= POLLOUT;
    return in.stopped ? bits & ~(POLLIN | POLLRDHUP | POLLHUP) : bits;
  }
};

}  // namespace loquat::sim
