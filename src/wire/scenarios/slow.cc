// What a long and narrow path does to a transfer.
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>

#include "codec/network/segment.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool carries_data(const Frame& frame) {
  const auto segment = codec::find_segment(frame.bytes);
  return segment && frame.from == Side::client && segment->length > 0;
}

// How many segments with data left the client before the first of them was acknowledged.
int first_flight(const Story& story) {
  Duration confirmed = Duration::max(), began = Duration::max();
  for (const Frame& frame : story.frames())
    if (carries_data(frame)) began = std::min(began, frame.sent);
  for (const Frame& frame : story.frames())
    if (frame.from == Side::server && frame.sent > began) confirmed = std::min(confirmed, frame.delivered);
  return static_cast<int>(std::count_if(story.frames().begin(), story.frames().end(), [&](const Frame& frame) {
    return carries_data(frame) && frame.sent < confirmed;
  }));
}

void tell_measured(Story& story, Program& client) {
  tcp_info info{};
  const std::string raw = client.socket().getsockopt(IPPROTO_TCP, TCP_INFO, sizeof info);
  std::memcpy(&info, raw.data(), std::min(raw.size(), sizeof info));
  story.note(texts::kernel_measured(info.tcpi_rtt / 1000, info.tcpi_rttvar / 1000, info.tcpi_snd_cwnd));
  story.check(info.tcpi_rtt >= 100'000, "the kernel should measure a round-trip time of 100 ms and more");
  story.check(info.tcpi_snd_cwnd > 10, "the congestion window should have grown");
}

void slow_path(Lab& lab, Story& story) {
  constexpr std::size_t size = 30'000;
  lab.wire().path({.delay = milliseconds(50), .jitter = milliseconds(1), .bytes_per_second = 500'000});
  auto [server, client, peer] = lab.converse();
  const Duration began = story.elapsed();
  client.sendall(std::string(size, 'x'));
  peer.settimeout(seconds(5));
  std::size_t received = 0;
  for (std::size_t piece = 1; piece > 0 && received < size; received += piece) piece = peer.recv(size).size();
  const auto took = std::chrono::duration_cast<milliseconds>(story.elapsed() - began);
  lab.settle(milliseconds(60));
  story.check(received == size, "all bytes should arrive");
  story.check(first_flight(story) == 10, "ten segments should leave before the first ACK");
  story.check(lab.counter(Side::client, "TcpRetransSegs") == 0, "nothing should be sent again");
  tell_measured(story, client);
  lab.conclude(texts::slow_path_conclusion(took.count()));
}

// The congestion window of the client: the first one, the widest, and the last.
struct Windows {
  std::uint32_t first = 0, widest = 0, last = 0;
};

Windows windows_of(const Story& story) {
  Windows windows;
  for (const Frame& frame : story.frames()) {
    if (frame.from != Side::server || !frame.receiver) continue;
    windows.last = frame.receiver->window;
    if (windows.first == 0) windows.first = windows.last;
    windows.widest = std::max(windows.widest, windows.last);
  }
  return windows;
}

void check_recovery(const Lab& lab, Story& story, std::int64_t lost, const Windows& windows) {
  story.check(lab.counter(Side::client, "TCPTimeouts") == 0, "no timer should run out");
  story.check(story.count("s>c ack") == story.count("c>s data") - lost, "each segment should be acknowledged at once");
  story.check(lab.counter(Side::client, "TcpRetransSegs") == lost, "what was lost should be sent again once");
  if (!lab.has_default_congestion()) return;  // BBR loses nothing here
  story.check(lost > 0, "the queue should become full");
  story.check(lab.counter(Side::client, "TCPSackRecovery") == 1, "the client should recover once");
  story.check(windows.widest >= 3 * windows.first,
              "the congestion window should have grown to more than three times its size");
  story.check(windows.last <= windows.widest / 2 + 4, "the congestion window should be half as wide in the end");
}

// Each run is the same because the server's kernel acknowledges each segment at once, leaves out no duplicate ACK, and
// wakes its program only when all have come; and because the client's RTO is at least a second (RFC 6298 s.2.4), which
// no busy machine uses up. The delay is no multiple of the time that the link needs for a frame, so data and ACKs never
// arrive at the same moment; the queue has room for ten frames and a bit, of IPv4 and of IPv6.
void slow_start(Lab& lab, Story& story) {
  constexpr int segment = 236, size = 120 * segment;
  lab.network().route_option(Side::server, RTAX_QUICKACK, 1);
  lab.network().route_option(Side::client, RTAX_RTO_MIN, 1000);
  lab.network().sysctl(Side::server, "tcp_comp_sack_nr", "0");
  lab.wire().path({.delay = microseconds(75'400), .bytes_per_second = 128'000, .queue = 3270});
  Listener server = lab.listen();
  server.socket().setsockopt(SOL_SOCKET, SO_RCVBUF, 200'000);  // nor does the receive window limit the client
  Program client = lab.client();
  client.setsockopt(IPPROTO_TCP, TCP_MAXSEG, segment + 12, "TCP_MAXSEG");  // 12: its timestamps
  if (client.connect() != 0) throw Stopped(texts::client_not_connected);
  Program peer = server.accept();
  peer.setsockopt(SOL_SOCKET, SO_RCVLOWAT, size, "SO_RCVLOWAT");
  peer.settimeout(seconds(10));
  lab.settle();
  client.sendall(std::string(size, 'x'));
  story.check(peer.recv(size).size() == size, "all bytes should arrive");
  lab.settle(milliseconds(60));
  const auto lost = std::count_if(story.frames().begin(), story.frames().end(),
                                  [](const Frame& frame) { return frame.fate == Fate::dropped; });
  const Windows windows = windows_of(story);
  check_recovery(lab, story, lost, windows);
  lab.conclude(lost == 0 ? texts::slow_start_without_loss(windows.first, windows.last)
                         : texts::slow_start_conclusion(windows.first, windows.widest, lost, windows.last));
}

}  // namespace

std::vector<Scenario> slow_scenarios() { return {{"slow-path", slow_path}, {"slow-start", slow_start}}; }

}  // namespace loquat::wire
