#include "wire/kernel/tcp_info.h"

#include <linux/tcp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace loquat::wire::kernel {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint32_t no_threshold = 0x7fffffff;  // TCP_INFINITE_SSTHRESH of the kernel's net/tcp.h

void read_now(const tcp_info& raw, TcpInfo& info) {
  info.state = state_of(raw.tcpi_state);
  info.congestion_state = raw.tcpi_ca_state;
  info.retransmits = raw.tcpi_retransmits;
  info.probes = raw.tcpi_probes;
  info.backoff = raw.tcpi_backoff;
  info.unacked = raw.tcpi_unacked;
  info.sacked = raw.tcpi_sacked;
  info.lost = raw.tcpi_lost;
  info.retrans = raw.tcpi_retrans;
  info.congestion_window = raw.tcpi_snd_cwnd;
  info.slow_start_threshold = raw.tcpi_snd_ssthresh < no_threshold ? raw.tcpi_snd_ssthresh : 0;
  info.not_sent = raw.tcpi_notsent_bytes;
  info.send_window = raw.tcpi_snd_wnd;
}

void read_agreed(const tcp_info& raw, TcpInfo& info) {
  info.timestamps = (raw.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
  info.sack = (raw.tcpi_options & TCPI_OPT_SACK) != 0;
  info.ecn = (raw.tcpi_options & TCPI_OPT_ECN) != 0;
  info.window_scaling = (raw.tcpi_options & TCPI_OPT_WSCALE) != 0;
  info.send_scale = raw.tcpi_snd_wscale;
  info.receive_scale = raw.tcpi_rcv_wscale;
  info.send_mss = raw.tcpi_snd_mss;
  info.receive_mss = raw.tcpi_rcv_mss;
  info.path_mtu = raw.tcpi_pmtu;
}

void read_times(const tcp_info& raw, TcpInfo& info) {
  info.rto = microseconds(raw.tcpi_rto);
  info.ato = microseconds(raw.tcpi_ato);
  info.rtt = microseconds(raw.tcpi_rtt);
  info.rttvar = microseconds(raw.tcpi_rttvar);
  info.min_rtt = raw.tcpi_min_rtt == ~0U ? Duration{} : microseconds(raw.tcpi_min_rtt);  // ~0: none measured yet
  info.last_data_sent = milliseconds(raw.tcpi_last_data_sent);
  info.last_data_received = milliseconds(raw.tcpi_last_data_recv);
  info.last_ack_received = milliseconds(raw.tcpi_last_ack_recv);
  info.busy = microseconds(raw.tcpi_busy_time);
  info.window_limited = microseconds(raw.tcpi_rwnd_limited);
  info.buffer_limited = microseconds(raw.tcpi_sndbuf_limited);
}

// A field that linux/tcp.h does not have yet.
std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint32_t number = 0;
  if (bytes.size() >= offset + sizeof(number)) std::memcpy(&number, bytes.data() + offset, sizeof(number));
  return number;
}

constexpr std::size_t total_rto_time = 244;  // offset of tcpi_total_rto_time, ms

void read_counts(const tcp_info& raw, TcpInfo& info) {
  info.total_retrans = raw.tcpi_total_retrans;
  info.spurious_retrans = raw.tcpi_dsack_dups;
  info.bytes_sent = raw.tcpi_bytes_sent;
  info.bytes_retrans = raw.tcpi_bytes_retrans;
  info.bytes_acked = raw.tcpi_bytes_acked;
  info.bytes_received = raw.tcpi_bytes_received;
  info.segments_out = raw.tcpi_segs_out;
  info.segments_in = raw.tcpi_segs_in;
  info.data_segments_out = raw.tcpi_data_segs_out;
  info.data_segments_in = raw.tcpi_data_segs_in;
  info.delivery_rate = raw.tcpi_delivery_rate;
  info.out_of_order = raw.tcpi_rcv_ooopack;
}

}  // namespace

TcpInfo read_tcp_info(std::span<const std::byte> bytes) {
  tcp_info raw{};
  std::memcpy(&raw, bytes.data(), std::min(bytes.size(), sizeof(raw)));
  TcpInfo info;
  read_now(raw, info);
  read_agreed(raw, info);
  read_times(raw, info);
  read_counts(raw, info);
  info.timeout_wait = milliseconds(number_at(bytes, total_rto_time));
  return info;
}

State state_of(int number) noexcept {
  static constexpr std::array states = {State::unknown,     State::established, State::syn_sent,  State::syn_received,
                                        State::fin_wait_1,  State::fin_wait_2,  State::time_wait, State::closed,
                                        State::close_wait,  State::last_ack,    State::listen,    State::closing,
                                        State::syn_received};
  return number >= 0 && static_cast<std::size_t>(number) < states.size() ? states[static_cast<std::size_t>(number)]
                                                                         : State::unknown;
}

}  // namespace loquat::wire::kernel
