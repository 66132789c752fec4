// lab.h - the laboratory: a client's and a server's programs on two hosts of this kernel, and us as the wire between
// them.
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
#include "wire/kernel/private_network.h"
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
  // The server's, of the connection whose states are told with what belongs to none; 0: the connection of the last
  // segment.
  std::uint16_t port = 80;
  bool tell_held = false;  // every frame is told when it is sent, too (Fate::held)
  // Runs in a fiber of its own while the scenario plays, and may pause the wire and decide about frames.
  std::function<void(Lab&)> attend{};
  std::function<void(Lab&, const Frame&)> on_hold{};  // a fault of kind `hold` has stopped this frame until deliver()
};

// The scenario cannot go on: a connection that it needs has not come about.
struct Stopped : std::runtime_error {
  using std::runtime_error::runtime_error;
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
  // A listener, a client that has connected, and what accept() gave.
  Conversation converse(int backlog = 4);
  // A socket of the server that does not listen: it connects to the client's `client_port` (simultaneous open).
  Program connecting_server(std::uint16_t client_port = first_client_port);
  // Any socket in one host's network; what it does is not told.
  Socket socket(Side side, int type, int proto = 0, int family = AF_INET) const;
  // Tells what a program did, with the states after it.
  void act(Side side, const Text& text, const AddressPair& pair);
  void act(Side side, const Text& text) { act(side, text, addresses_); }

  // --- Waiting -----------------------------------------------------------------------------------------------------
  // Waits until nothing is on the wire and nothing has been for `quiet`.
  void settle(Duration quiet = std::chrono::milliseconds(8));
  // Waits until `ready()`; false if that has not come within `max`. The time for which somebody keeps a frame from
  // going on does not count.
  bool wait_until(const std::function<bool()>& ready, Duration max);
  // Takes in what the hosts have sent so far, so that the states at its sending are read before a program goes on.
  void take();
  // Puts a frame that we made (made_frame.h) on its way to `to`, as if the other side had sent it. It is marked as the
  // wire's (Frame::by_wire), and faults may meet it.
  void inject(Side to, const Bytes& frame, const Text& why);

  // --- Facts -------------------------------------------------------------------------------------------------------
  // The connection from the client's first port to LabOptions::port.
  const AddressPair& addresses() const noexcept { return addresses_; }
  States states(const AddressPair& pair) { return states_.of(pair); }
  States states() { return states_.of(addresses_); }
  // There is no TCP in this scenario: its states are unknown, not CLOSED.
  void without_tcp() { states_.without_tcp(); }
  // What a counter of one host's kernel has moved by since the lab began.
  std::int64_t counter(Side side, const std::string& name) const;

  // --- The end -----------------------------------------------------------------------------------------------------
  void check_ends(const States& meant);
  // The scenario is over: what the programs do afterwards, when they go, is not part of it.
  void conclude(const Text& text);
  // The scenario has ended before its end.
  void stopped(const std::string& why);
  // Tells the counters and the end.
  void finish();

 private:
  void carry();
  void take_in(Frame frame);
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
