// sim_stream.cc - how bytes, ends of stream and resets travel.
//
//   1. What one end sends arrives in order: no segment is due before the one in front of it.
//   2. A byte counts as held by its sender until its arrival is acknowledged, one latency later: the send buffer.
//   3. The sender has credit for what the receiver's window takes; reading gives it back, one latency later.
//   4. A reset lets what was already on its way arrive first.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/sim_net.h"

namespace loquat::sim {
namespace {

// How long TCP retransmits a segment before it gives up.
Duration stream_limit(const SimSocket& socket) {
  const auto set = socket.options.find({IPPROTO_TCP, TCP_USER_TIMEOUT});
  const int own = set == socket.options.end() ? 0 : set->second;
  return std::chrono::milliseconds(own != 0 ? own : 924600);  // net.ipv4.tcp_retries2 = 15
}

std::size_t total(std::span<const iovec> pieces) {
  std::size_t size = 0;
  for (const iovec& piece : pieces) size += piece.iov_len;
  return size;
}

std::size_t copy_out(std::string_view from, std::span<const iovec> pieces) {
  std::size_t copied = 0;
  for (const iovec& piece : pieces) {
    std::size_t size = std::min(piece.iov_len, from.size() - copied);
    if (size != 0) std::memcpy(piece.iov_base, from.data() + copied, size);
    copied += size;
  }
  return copied;
}

}  // namespace

// --- send(2) -------------------------------------------------------------------------------------------------------

std::int64_t SimNet::send_error(SimSocket& socket) {
  if (socket.is_unix()) {
    if (socket.state == State::fresh || socket.state == State::listening) return -ENOTCONN;
    SimSocket* peer = find(socket.peer);
    bool gone = peer == nullptr || peer->closed || peer->in.shut || peer->state == State::dead;
    return socket.write_shut() || (gone && socket.listener == 0) ? -EPIPE : 0;
  }
  if (socket.error != 0) return -std::exchange(socket.error, 0);
  if (socket.write_shut() || socket.state == State::fresh || socket.state == State::listening) return -EPIPE;
  return socket.state == State::connecting ? -EAGAIN : 0;
}

std::int64_t SimNet::send(SimSocket& socket, Pieces pieces, int flags) {
  if ((flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  if (std::int64_t error = send_error(socket); error != 0) return error;
  std::size_t left = std::min(total(pieces), socket.send_room());
  if (left == 0) return total(pieces) == 0 ? 0 : -EAGAIN;
  if (core_.network.one_in(8)) left = 1 + core_.network.below(left);
  std::size_t taken = left;
  for (const iovec& piece : pieces) {
    std::size_t size = std::min(left, piece.iov_len);
    socket.out.queued.append({static_cast<const char*>(piece.iov_base), size});
    left -= size;
  }
  socket.out.held += taken;
  core_.trace.add("send", socket.number, taken);
  pump(socket);
  return static_cast<std::int64_t>(taken);
}

// Sends as much as the peer's window takes, and the FIN after the last byte.
void SimNet::pump(SimSocket& socket) {
  Outgoing& out = socket.out;
  if (socket.state != State::connected) return;
  while (!out.queued.empty() && out.credit > 0) {
    std::size_t window = std::min(out.queued.size(), static_cast<std::size_t>(out.credit));
    std::size_t size = draw_segment(window);
    out.credit -= static_cast<std::int64_t>(size);
    put(socket, Segment::data, std::string(out.queued.view().substr(0, size)));
    out.queued.consume(size);
  }
  if (!out.queued.empty() || !out.fin_wanted || out.fin_sent) return;
  out.fin_sent = true;
  socket.closed_first = !socket.in.fin;
  put(socket, Segment::fin);
}

// Some of one byte, some tiny, some of a packet's size, some large: each kind has broken parsers of its own.
std::size_t SimNet::draw_segment(std::size_t available) {
  static constexpr std::size_t kinds[] = {1, 64, 1460, static_cast<std::size_t>(-1)};
  std::size_t kind = available > 16 * 1024 ? 2 + core_.network.below(2) : core_.network.below(4);
  return 1 + core_.network.below(std::min({available, core_.options.max_segment, kinds[kind]}));
}

// --- recv(2) -------------------------------------------------------------------------------------------------------

std::int64_t SimNet::recv(SimSocket& socket, Pieces pieces, int flags) {
  if ((flags & MSG_OOB) != 0) return socket.is_unix() ? -EOPNOTSUPP : -EINVAL;
  if (socket.state == State::listening) return socket.is_unix() ? -EINVAL : -ENOTCONN;
  if (socket.in.stopped) return -EAGAIN;
  std::size_t wanted = total(pieces);
  std::string_view arrived = socket.in.arrived.view();
  bool all = (flags & MSG_WAITALL) != 0 && (flags & (MSG_DONTWAIT | MSG_PEEK)) == 0;
  bool more = all && arrived.size() < std::min(wanted, socket.receive_capacity);
  if (arrived.empty() || (more && !socket.read_shut() && socket.error == 0)) return end_of_stream(socket);
  std::size_t size = std::min(wanted, arrived.size());
  if ((flags & MSG_TRUNC) == 0 || socket.is_unix()) copy_out(arrived, pieces);
  if ((flags & MSG_PEEK) == 0) consume(socket, size);
  return static_cast<std::int64_t>(size);
}

// The result of recv when there are no bytes.
std::int64_t SimNet::end_of_stream(SimSocket& socket) {
  if (socket.in.fin) return 0;
  if (socket.error != 0) return -std::exchange(socket.error, 0);
  if (socket.read_shut() || socket.failed) return 0;
  if (socket.state == State::fresh) return socket.is_unix() ? -EINVAL : -ENOTCONN;
  return -EAGAIN;
}

void SimNet::consume(SimSocket& socket, std::size_t size) {
  core_.trace.add("recv", socket.number, size);
  socket.in.arrived.consume(size);
  socket.in.credit_owed += static_cast<std::int64_t>(size);
  return_credit(socket);
}

// Tells the peer that the window is open again, once that is worth a segment (RFC 9293 s.3.8.6.2.2).
void SimNet::return_credit(SimSocket& socket) {
  Incoming& in = socket.in;
  if (in.credit_owed <= 0 || in.credit_owed * 4 < static_cast<std::int64_t>(socket.receive_capacity)) return;
  std::int64_t credit = std::exchange(in.credit_owed, 0);
  core_.timeline.at(arrival(socket), [this, peer = socket.peer, credit] {
    SimSocket* sender = find(peer);
    if (sender == nullptr) return;
    sender->out.credit += credit;
    pump(*sender);
  });
}

// --- on the way ----------------------------------------------------------------------------------------------------

TimePoint SimNet::arrival(const SimSocket& from) {
  TimePoint earliest = deadline_after(core_.timeline.now(), faults_.latency(from));
  return std::max(earliest, faults_.blocked_until(from.local, from.remote));
}

void SimNet::put(SimSocket& socket, Segment::Kind kind, std::string bytes) {
  TimePoint now = core_.timeline.now();
  TimePoint due = std::max(socket.out.last_due, deadline_after(now, faults_.latency(socket)));
  socket.out.last_due = due;
  socket.out.flight.push_back({kind, now, due, std::move(bytes)});
  core_.timeline.at(due, [this, number = socket.number] { deliver(number); });
}

void SimNet::deliver(SocketNumber number) {
  for (SimSocket* sender = find(number); sender != nullptr; sender = find(number)) {
    auto& flight = sender->out.flight;
    if (flight.empty() || flight.front().due > core_.timeline.now() || held_back(*sender, flight.front())) return;
    Segment segment = std::move(flight.front());
    flight.pop_front();
    arrive(*sender, std::move(segment));
    if (SimSocket* left = find(number)) erase_if_done(*left);
  }
}

// A partition holds the segment back until it ends. If that takes too long, TCP gives up.
bool SimNet::held_back(SimSocket& sender, Segment& segment) {
  TimePoint now = core_.timeline.now();
  TimePoint until = faults_.blocked_until(sender.local, sender.remote);
  if (until <= now) return false;
  TimePoint limit = deadline_after(segment.sent, stream_limit(sender));
  if (now >= limit) {
    die(sender, ETIMEDOUT);
    erase_if_done(sender);
    return true;
  }
  segment.due = std::min(until, limit);
  sender.out.last_due = std::max(sender.out.last_due, segment.due);
  core_.timeline.at(segment.due, [this, number = sender.number] { deliver(number); });
  return true;
}

void SimNet::arrive(SimSocket& sender, Segment segment) {
  SimSocket* receiver = find(sender.peer);
  if (receiver != nullptr && receiver->state == State::dead) receiver = nullptr;
  switch (segment.kind) {
    case Segment::open:
      if (receiver == nullptr || receiver->state == State::fresh) return answer_reset(sender);
      return opened(*receiver);
    case Segment::data:
      return arrive_data(sender, receiver, segment.bytes);
    case Segment::fin:
      return arrive_fin(sender, receiver);
    case Segment::reset:
      if (receiver != nullptr) be_reset(receiver->number);
      return;
  }
}

void SimNet::arrive_data(SimSocket& sender, SimSocket* receiver, const std::string& bytes) {
  if (receiver == nullptr || receiver->closed) {
    if (receiver != nullptr) die(*receiver, 0);
    if (receiver != nullptr) erase_if_done(*receiver);
    return answer_reset(sender);
  }
  core_.trace.add_bytes(receiver->number, bytes);
  core_.report.bytes += bytes.size();
  receiver->in.arrived.append(bytes);
  touch(*receiver);
  core_.timeline.at(arrival(*receiver), [this, number = sender.number, size = bytes.size()] {
    SimSocket* acknowledged = find(number);
    if (acknowledged == nullptr || acknowledged->state != State::connected) return;
    acknowledged->out.held -= size;
    if (acknowledged->writable()) touch(*acknowledged);
  });
}

void SimNet::arrive_fin(SimSocket& sender, SimSocket* receiver) {
  core_.trace.add("fin", sender.number);
  TimePoint answer = receiver == nullptr ? core_.timeline.now() : arrival(*receiver);
  if (receiver != nullptr) {
    receiver->in.fin = true;
    touch(*receiver);
  }
  core_.timeline.at(answer, [this, number = sender.number] {
    SimSocket* acknowledged = find(number);
    if (acknowledged == nullptr) return;
    acknowledged->out.fin_acknowledged = true;
    touch(*acknowledged);
  });
}

// --- resets --------------------------------------------------------------------------------------------------------

// Aborts from this end.
void SimNet::send_reset(SimSocket& socket) {
  put(socket, Segment::reset);
  socket.out.queued.clear();
  socket.out.held = 0;
  socket.state = State::dead;
  core_.trace.add("reset", socket.number);
}

// What `sender` sent has reached nobody.
void SimNet::answer_reset(SimSocket& sender) {
  core_.timeline.at(arrival(sender), [this, number = sender.number] { be_reset(number); });
}

void SimNet::be_reset(SocketNumber number) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return;
  if (socket->state == State::connecting) return fail_connect(*socket, ECONNREFUSED);
  if (socket->state != State::connected) return;
  if (SimSocket* listener = find(std::exchange(socket->listener, 0))) {
    --listener->handshakes;
    socket->closed = true;
  }
  die(*socket, socket->in.fin && !socket->is_unix() ? EPIPE : ECONNRESET);
  erase_if_done(*socket);
}

void SimNet::die(SimSocket& socket, int error) {
  core_.trace.add("dead", socket.number, static_cast<std::uint64_t>(error));
  socket.state = State::dead;
  socket.error = error;
  socket.out.flight.clear();
  socket.out.queued.clear();
  socket.out.held = 0;
  touch(socket);
}

}  // namespace loquat::sim
