#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

// How much a counter grew. A smaller value means another socket or a missing report.
std::uint64_t grown(std::uint64_t before, std::uint64_t after) { return after > before ? after - before : 0; }

// Segments sent again that had not arrived.
std::uint64_t truly_lost(const kernel::TcpInfo& info) { return grown(info.spurious_retrans, info.total_retrans); }

std::uint64_t read_by_application(const kernel::SocketFacts& socket) {
  return socket.info ? grown(socket.recv_queue, socket.info->bytes_received) : 0;
}

// Segments without data that came, less those that left, since the connection began.
std::int64_t bare_acks(const kernel::TcpInfo& info) {
  const std::int64_t came = std::int64_t{info.segments_in} - info.data_segments_in;
  return came - (std::int64_t{info.segments_out} - info.data_segments_out);
}

// The end that takes its time acknowledges without data, and speaks later. So the other one gets more such ACKs.
kernel::Waits cleared_up(const Observation& seen) {
  kernel::Waits waits = seen.waits;
  std::int64_t surplus = bare_acks(*seen.last.info) - bare_acks(*seen.first.info);
  if (surplus == 0) surplus = bare_acks(*seen.last.info) + (seen.role == Role::client ? 1 : -1);  // the handshake's
  if (surplus > 0) waits.clear_up(kernel::Wait::peers_word);
  if (surplus < 0) waits.clear_up(kernel::Wait::our_word);
  return waits;
}

}  // namespace

Reading::Reading(const Observation& of) : seen(of), now(of.last), peer_seen(of.peer_first && of.peer) {
  has_info = of.last.info && of.first.info;
  if (of.last.info) {
    info = *of.last.info;
    lost_so_far = truly_lost(info);
  }
  if (has_info) {
    const kernel::TcpInfo& before = *of.first.info;
    acked = grown(before.bytes_acked, info.bytes_acked);
    received = grown(before.bytes_received, info.bytes_received);
    consumed = grown(read_by_application(of.first), read_by_application(of.last));
    retransmitted = grown(truly_lost(before), truly_lost(info));
    data_segments = grown(before.data_segments_out, info.data_segments_out);
    segments_in = grown(before.segments_in, info.segments_in);
    waits = cleared_up(of);
  }
  if (peer_seen) peer_consumed = grown(read_by_application(*of.peer_first), read_by_application(*of.peer));
}

bool Reading::connected() const noexcept {
  switch (now.state) {
    case State::established:
    case State::fin_wait_1:
    case State::fin_wait_2:
    case State::close_wait:
    case State::closing:
    case State::last_ack:
      return true;
    default:
      return false;
  }
}

bool Reading::looked_long() const noexcept { return seen.between >= std::chrono::milliseconds(2500); }

Verdict without_others_if_certain(Verdict verdict) {
  if (verdict.certainty == Certainty::certain) verdict.others.clear();
  return verdict;
}

Fact socket_fact(const kernel::SocketFacts& socket) {
  return {texts::socket_queues(socket.local.str(), wire::name(socket.state), socket.recv_queue, socket.send_queue,
                               kernel::name(socket.timer))};
}

}  // namespace loquat::wire::rules
