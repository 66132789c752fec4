#include "wire/kernel/waits.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace loquat::wire::kernel {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{10};

// The window and the congestion window have room for it, nothing is sent again, and several round trips have passed
// since the last segment left.
bool is_held_back(const SocketFacts& socket, const TcpInfo& info) {
  const bool small_rest = info.unacked > 0 && info.not_sent > 0 && info.not_sent < info.send_mss;
  const bool room = info.send_window >= socket.send_queue && info.congestion_window > info.unacked;
  const bool in_order = socket.timer == Timer::retransmit && socket.retransmits == 0 && info.congestion_state == 0;
  return small_rest && room && in_order && info.last_data_sent >= std::max<Duration>(shortest, 3 * info.min_rtt);
}

}  // namespace

// Until data comes, the kernel counts from the handshake.
Spoke who_spoke_last(const TcpInfo& info) {
  const bool sent = info.data_segments_out > 0, received = info.bytes_received > 0;
  if (!sent && !received) return Spoke::nobody;
  if (!received || (sent && info.last_data_sent < info.last_data_received)) return Spoke::us;
  if (!sent || info.last_data_sent > info.last_data_received) return Spoke::peer;
  // Within the same tick. An ACK without data that came a little later is for what we sent last.
  const Duration later = info.last_data_sent - info.last_ack_received;
  return later > Duration{} && later < milliseconds(250) ? Spoke::us : Spoke::unknown;
}

Duration quiet_for(const TcpInfo& info) { return std::min(info.last_data_sent, info.last_data_received); }

Wait wait_of(const SocketFacts& socket) {
  if (socket.state != State::established || !socket.info) return Wait::nothing;
  const TcpInfo& info = *socket.info;
  if (socket.send_queue > 0) return is_held_back(socket, info) ? Wait::small_segment : Wait::nothing;
  if (socket.recv_queue > 0 || quiet_for(info) < shortest) return Wait::nothing;
  const Spoke last = who_spoke_last(info);
  if (last == Spoke::us) return Wait::peers_word;
  if (last == Spoke::peer) return Wait::our_word;
  return last == Spoke::unknown ? Wait::a_word : Wait::nothing;
}

void Waits::add(Wait wait, Duration quiet) {
  Of& of = of_[static_cast<std::size_t>(wait)];
  ++looks_;
  ++of.looks;
  of.quiet = std::max(of.quiet, quiet);
}

void Waits::clear_up(Wait word) {
  const Of unclear = std::exchange(of_[static_cast<std::size_t>(Wait::a_word)], {});
  Of& of = of_[static_cast<std::size_t>(word)];
  of.looks += unclear.looks;
  of.quiet = std::max(of.quiet, unclear.quiet);
}

}  // namespace loquat::wire::kernel
