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
//   }, {.poller = PollerKind::epoll});
//
//   Wire      Each frame is held for LabOptions::latency, and until no more of its burst come; then it is delivered, in
//             the order of sending, unless a fault says otherwise. While it is held both ends' states are stable: they
//             are read from the kernel when the frame is sent and when it has been delivered.
//   Programs  Their calls (program.h) are Loquat's: they wait in their fiber and the wire goes on.
//   Threads   All of it runs on one worker, so the programs stand still while the wire reads the states.
//   Lifetime  The network outlives the lab, the lab its programs.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293; sock_diag(7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/socket.h"
#include "wire/kernel/counters.h"
#include "wire/kernel/private_network.h"
#include "wire/kernel/sock_diag.h"
#include "wire/lab/faults.h"
#include "wire/lab/program.h"
#include "wire/lab/slow_path.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

class Lab;
using Bytes = std::vector<std::byte>;
using Sink = std::function<void(const Row&)>;

struct LabOptions {
  Sink sink{};
  std::vector<Fault> faults{};  // ordered by whoever watches
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

  // --- Programs ----------------------------------------------------------------------------------------------------
  // The server's listening socket; port 0: LabOptions::port.
  Listener listen(int backlog = 4, std::uint16_t port = 0);
  // A socket of the client, bound to the next of the ports 40000, 40001, ...; it connects to the server's `port`.
  Program client(std::uint16_t port = 0);
  // A listener, a client that has connected, and what accept() gave.
  Conversation converse(int backlog = 4);
  // A socket of the server that does not listen: it connects to the client's `client_port` (simultaneous open).
  Program connecting_server(std::uint16_t client_port = first_client_port);
  // Any socket in one host's network, told to nobody.
  Socket socket(Side side, int type, int proto = 0, int family = AF_INET) const;

  // --- The wire ----------------------------------------------------------------------------------------------------
  // Waits until nothing is on the wire and nothing has been for `quiet`.
  void settle(Duration quiet = std::chrono::milliseconds(8));
  // Waits until `ready()`; false if that has not come within `most`.
  bool wait_until(const std::function<bool()>& ready, Duration most);
  // What is sent from now on is held, until release(): then it is delivered in the order of sending.
  void hold() { holding_ = true; }
  void release();
  std::size_t held() const;  // how many are
  // A further fault, from now on: fault("drop", "c>s data #2"). Part of the scenario.
  void fault(std::string_view kind, std::string_view text);
  // From now on the way is long, and as broad as that; frames keep their order.
  void path(const SlowPath::Way& way) { path_ = SlowPath(way); }
  // While it is cut, nothing arrives.
  void cut(bool broken) { cut_ = broken; }
  // A frame that the wire itself makes (made_frame.h), on its way to `to` as if the other side had sent it. It is
  // marked as the wire's (Frame::by_wire), and faults may meet it.
  void inject(Side to, const Bytes& frame, const Text& why);
  // The wire as a router: what it says of a frame that it does not pass on, and what it answers its sender.
  struct Refusal {
    Text why;
    Bytes answer{};  // none if empty
    Text answer_why{};
  };
  // `f` sees each frame that would be delivered and refuses it or not.
  using Router = std::function<std::optional<Refusal>(Side from, std::span<const std::byte> frame)>;
  void route(Router f) { router_ = std::move(f); }

  // --- For whoever watches -----------------------------------------------------------------------------------------
  // While the wire is paused nothing is delivered but what is asked for. The programs' kernels do not wait: they send
  // again what is not confirmed.
  void pause(bool on);
  // The frame that would be delivered next; false if nothing is on the wire.
  bool step();
  // One frame that is on the wire, by its number, now or after `by`; false if there is none.
  bool deliver(int number, Duration by = {});
  bool drop(int number);
  bool duplicate(int number);
  void latency(Duration by) { options_.latency = by; }  // of each frame, from now on
  // Whether somebody keeps a frame from going on.
  bool watched() const;

  // Takes in what the hosts have sent so far, so that the states at its sending are read before a program goes on.
  void take();

  // --- Telling and checking ----------------------------------------------------------------------------------------
  void act(Side side, const Text& text, const Connection& connection);
  void note(const Text& text, std::string tls_keys = {});
  // What is true if the scenario went as it is meant to. Not asked if faults were ordered: then it may go otherwise.
  void check(bool holds, std::string_view what);
  void check_ends(const States& meant);
  // The scenario is over: what the programs do afterwards, when they go, is not part of it.
  void conclude(const Text& text);
  // There is no TCP in this scenario: its states are unknown, not CLOSED.
  void without_tcp() { without_tcp_ = true; }
  // Tells the counters and the end.
  void finish();
  // The scenario has ended before its end.
  void stopped(const std::string& why);
  bool as_specified() const noexcept { return failures_.empty(); }

  States states(const Connection& connection);
  States states() { return states(main_); }
  const Connection& main() const noexcept { return main_; }
  // Frames whose fate is known, in the order in which it became known.
  const std::vector<Frame>& frames() const noexcept { return told_; }
  // Whether some frame has left one side in this state.
  bool saw(Side side, State state) const;
  // How many frames fit so far: count("c>s data").
  int count(std::string_view which) const;
  // What a counter of one host's kernel has moved by since the lab began.
  std::int64_t counter(Side side, const std::string& name) const;
  Duration elapsed() const { return now() - start_; }
  const kernel::PrivateNetwork& network() const noexcept { return network_; }

 private:
  static constexpr Duration after_faults = std::chrono::seconds(3);  // at most, for what is sent again

  struct InFlight {
    Frame frame;
    Connection connection;
    Fate fate = Fate::delivered;  // that is meant for it
    Duration extra{};             // beyond the latency
    bool held = false;            // by the scenario
    bool stopped = false;         // by a fault, until whoever watches lets it go
    bool passes = false;          // though the wire is paused
    bool behind = false;          // until the next frame of its side has been delivered
  };
  struct Seen {
    Connection connection;
    std::array<bool, 2> open{};  // this side has had a socket of the connection, beyond LISTEN
  };

  void carry();
  void take_in(Frame frame);
  bool is_ordered(const Fault& fault) const;
  void meet_faults(InFlight& flight);
  void carry_copy(const InFlight& flight);
  TimePoint due(const InFlight& flight) const;
  void deliver_due();
  void deliver_and_overtaken(int number);
  InFlight take_out(int number);
  void breathe();
  void deliver(InFlight flight);
  InFlight* find(int number);
  bool goes(const InFlight& flight) const { return !flight.held && !flight.stopped && (!paused_ || flight.passes); }
  void stop();
  Connection connection_of(Side from, std::span<const std::byte> bytes) const;
  State state(Side side, const Connection& connection);
  bool unconfirmed();
  States settled_states(const Connection& connection);
  void tell(const Row& row);
  void tell_fate(Frame frame);

  const kernel::PrivateNetwork& network_;
  LabOptions options_;
  TimePoint start_;
  Connection main_;
  std::array<std::unique_ptr<kernel::SockDiag>, 2> diag_;
  std::array<kernel::CounterValues, 2> counters_;
  std::map<std::string, Seen> seen_;
  Faults faults_;
  Router router_;
  SlowPath path_;
  Socket packets_;
  Bytes buffer_ = Bytes(65536);  // for the next frame
  std::vector<InFlight> in_flight_;
  std::vector<Frame> told_;
  std::deque<Frame> sent_;  // for finding retransmissions
  TimePoint last_arrival_{}, last_event_{};
  bool holding_ = false, paused_ = false, cut_ = false, without_tcp_ = false, intervened_ = false;
  int numbers_ = 0;
  std::uint16_t next_port_ = first_client_port;
  std::vector<std::string> failures_;
  Text conclusion_;
  std::vector<Row> end_;  // counters and End; empty while it goes on
  Fiber<void> wire_;
};

}  // namespace loquat::wire
