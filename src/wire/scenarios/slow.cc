// What a long and narrow path does to a transfer.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

#include "codec/network/segment.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

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
  story.check(lab.counter(Side::client, "RetransSegs") == 0, "nothing should be sent again");
  tell_measured(story, client);
  lab.conclude(texts::slow_path_conclusion(took.count()));
}

}  // namespace

std::vector<Scenario> slow_scenarios() { return {{"slow-path", slow_path}}; }

}  // namespace loquat::wire
