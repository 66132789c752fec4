// lab.h - a laboratory: a client's and a server's programs on two hosts of this kernel, with us as the wire between.
//
//   kernel::PrivateNetwork network({});
//   loquat::run([&] {
//     Lab lab(network, {.sink = show});
//     Listener server = lab.listen();
//     Program client = lab.client();
//     client.connect();
//     Program peer = server.accept();
//     client.close();
//     lab.settle();
//     lab.conclude({});
//     lab.finish();
//   }, {.poller = PollerKind::epoll});
//
//   Wire      A frame that a host sends is held by the wire (wire.h) and delivered when the wire says so. While it is
//             held both ends' states are stable: they are read from the kernel when the frame is sent and when it has
//             been delivered.
//   Story     Each frame and each call of a program becomes a row (story.h).
//   Programs  Their calls (program.h) are Loquat's: they wait in their fiber and the wire goes on.
//   Threads   All of it runs on one worker, so the programs stand still while the states are read.
//   Lifetime  The network outlives the lab, the lab its programs.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293; sock_diag(7).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/socket.h"
#include "wire/kernel/counters.h"
#include "wire/kernel/network/private_network.h"
#include "wire/lab/program.h"
#include "wire/lab/story.h"
#include "wire/lab/tcp_states.h"
#include "wire/lab/wire.h"

namespace loquat::wire {

class Lab;

struct LabOptions {
  Sink sink{};
  std::vector<Fault> faults{};  // ordered by the user
  Duration latency = std::chrono::milliseconds(1);
  // The server's port. Rows that belong to no connection show the states of the connection to this port; 0: of the
  // connection of the last segment.
  std::uint16_t port = 80;
  std::string congestion{};  // of the scenarios' sockets, as TCP_CONGESTION names it; empty: Reno
  bool ipv6 = false;         // for play() (scenario.h): the hosts have IPv6 instead of IPv4
  bool tell_held = false;    // each frame is also told when it is sent (Fate::held)
  // Runs in a fiber of its own while the scenario plays, and may pause the wire and decide about frames.
  std::function<void(Lab&)> attend{};
  std::function<void(Lab&, const Frame&)> on_hold{};  // a fault of kind `hold` has stopped this frame until deliver()
};

// The scenario cannot go on: a connection that it needs was not established.
struct Stopped : std::runtime_error {
  explicit Stopped(const Text& reason) : std::runtime_error(reason.en), why(reason) {}
  Text why;
};

class Lab {
 public:
  static constexpr std::uint16_t first_client_port = 40000;

  Lab(const kernel::PrivateNetwork& network, LabOptions options);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  Wire& wire() noexcept { return wire_; }
  Story& story() noexcept { return story_; }
  const kernel::PrivateNetwork& network() const noexcept { return network_; }

  // --- Programs ----------------------------------------------------------------------------------------------------
  // The server's listening socket; port 0: LabOptions::port.
  Listener listen(int backlog = 4, std::uint16_t port = 0);
  // A socket of the client, bound to the next of the ports 40000, 40001, ...; it connects to the server's `port`.
  Program client(std::uint16_t port = 0);
  // A listener, a connected client, and the socket that accept() returned.
  Conversation converse(int backlog = 4);
  // A socket of the server that does not listen: it connects to the client's `client_port` (simultaneous open).
  Program connecting_server(std::uint16_t client_port = first_client_port);
  // Any socket in one host's network; its calls are not told.
  Socket socket(Side side, int type, int proto = 0) const;
  // Tells what a program did, with the states after it. `at`: the story's time before a call that has sent something.
  void act(Side side, const Text& text, const AddressPair& pair) { act(story_.elapsed(), side, text, pair); }
  void act(Side side, const Text& text) { act(side, text, addresses_); }
  void act(Duration at, Side side, const Text& text, const AddressPair& pair);

  // --- Waiting -----------------------------------------------------------------------------------------------------
  // Waits until nothing is on the wire and nothing has been for `quiet`.
  void settle(Duration quiet = std::chrono::milliseconds(8));
  // Waits until `ready()`; returns false after `max`. Time in which a watcher holds up a frame does not count.
  bool wait_until(const std::function<bool()>& ready, Duration max);
  // Reads the frames that the hosts have sent so far, and the states at sending, before a program goes on.
  void take();
  // Puts a frame that we made (made_frame.h) on its way to `to`, as if the other side had sent it. It is marked
  // Frame::by_wire, and faults apply to it.
  void inject(Side to, const Bytes& frame, const Text& why);

  // --- Facts -------------------------------------------------------------------------------------------------------
  // The connection from the client's first port to LabOptions::port.
  const AddressPair& addresses() const noexcept { return addresses_; }
  States states(const AddressPair& pair) { return states_.of(pair); }
  States states() { return states_.of(addresses_); }
  // There is no TCP in this scenario: its states are unknown, not CLOSED.
  void without_tcp() { states_.without_tcp(); }
  // Nobody has chosen another congestion control than the lab's.
  bool has_default_congestion() const noexcept { return options_.congestion.empty(); }
  // By how much a counter of one host's kernel has changed since the lab began.
  std::int64_t counter(Side side, const std::string& name) const;

  // --- The end -----------------------------------------------------------------------------------------------------
  void check_ends(const States& meant);
  // Ends the scenario, after what is on the wire has arrived. What the programs do afterwards is not told.
  void conclude(const Text& text);
  // Ends a scenario that could not go on.
  void stopped(const Text& why);
  // Tells the counters and the end.
  void finish();

 private:
  void carry();
  void take_in(Frame frame);
  void wait_for_watcher();
  void deliver_due();
  void deliver(Wire::Arrival arrival);
  AddressPair pair_of(const Frame& frame) const;
  Counters moved(Side side) const;

  const kernel::PrivateNetwork& network_;
  LabOptions options_;
  AddressPair addresses_;
  TcpStates states_;
  Story story_;
  Wire wire_;
  std::array<kernel::CounterValues, 2> counters_;  // at the beginning
  Socket packets_;
  Bytes buffer_ = Bytes(65536);  // for the next frame
  TimePoint last_event_{};
  std::uint16_t next_port_ = first_client_port;
  Fiber<void> carrier_;
};

}  // namespace loquat::wire
