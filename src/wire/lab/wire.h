// wire.h - the lab's wire: what becomes of each frame, and when. It only decides; the lab (lab.h) moves the bytes. So
// it needs neither a network nor a fiber.
//
//   Wire wire(elapsed, {}, 1ms);
//   wire.send(frame);
//   for (const int number : wire.due())
//     if (auto arrival = wire.take(number)) deliver(*arrival);
//   wire.go_on();
//
//   Order     A frame is held for the latency, and until no more of its burst come; then the burst is delivered in the
//             order of sending, unless a fault says otherwise. On a slow path each frame has a time of its own.
//   Time      All durations count from the lab's beginning, by the wire's clock (wire_clock.h). It stands from due(),
//             if that names frames, until go_on().
//   Numbers   Frames are numbered from 1 as they are sent, copies that the wire makes included. Calls that take the
//             number of a frame return false, or nothing, if no such frame is on the wire.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/lab/faults.h"
#include "wire/lab/sent_segments.h"
#include "wire/lab/slow_path.h"
#include "wire/lab/wire_clock.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

using Bytes = std::vector<std::byte>;

// What a router says of a frame that it does not pass on, and what it answers the sender.
struct Refusal {
  Text why;
  Bytes answer{};  // none if empty
  Text answer_why{};
};

class Wire {
 public:
  // `ordered` are the faults that the user asks for, beside those of the scenario.
  Wire(std::function<Duration()> elapsed, const std::vector<Fault>& ordered, Duration latency);

  // --- Frames ------------------------------------------------------------------------------------------------------
  // Takes a frame that was sent just now, gives it its number, finds what it repeats and which faults it meets. The
  // result is valid until the next call that changes the wire.
  const Frame& send(Frame frame);
  // Whether a fault of kind `hold` has stopped this frame until deliver().
  bool is_stopped(int number) const;
  // How long until due() names a frame; nothing if none will be due by itself.
  std::optional<Duration> wait() const;
  // The frames to be delivered next, in order.
  std::vector<int> due();
  // The time of delivery is over.
  void go_on() { clock_.go_on(); }

  struct Arrival {
    Frame frame;  // with its fate, and what arrives if it is corrupted
    Bytes answer{};
    Text answer_why{};  // a router's (Refusal)
  };
  // Takes a frame off the wire, if nothing has stopped it since it was due.
  std::optional<Arrival> take(int number);
  // Takes the next frame that waited to be overtaken by `number`, which side `from` had sent.
  std::optional<Arrival> take_overtaken_by(int number, Side from);

  // Nothing is under way but what the scenario holds.
  bool is_quiet() const { return flights_.size() == held(); }
  // Ordered faults have applied to frames.
  bool has_faults() const { return faults_.any_ordered_met(); }
  // The ordered faults that no frame has met.
  std::vector<Fault> faults_without_frame() const { return faults_.ordered_without_frame(); }
  // Ordered faults have applied, or a watcher has decided about frames: the scenario may go otherwise than it is meant
  // to.
  bool is_disturbed() const { return has_faults() || intervened_; }

  // --- For scenarios -----------------------------------------------------------------------------------------------
  // What is sent from now on is held, until release(): then it is delivered in the order of sending.
  void hold() { holding_ = true; }
  void release();
  std::size_t held() const;  // how many frames are
  // Adds a fault from now on: fault("drop", "c>s data #2"). Throws std::invalid_argument.
  void fault(std::string_view kind, std::string_view text);
  void latency(Duration latency) { latency_ = latency; }
  void path(const SlowPath::Way& way) { path_.emplace(way); }
  // Nothing arrives from now on.
  void cut() { cut_ = true; }
  // `router` sees each frame that would be delivered, but for the wire's own, and refuses it or not.
  using Router = std::function<std::optional<Refusal>(Side from, std::span<const std::byte> frame)>;
  void route(Router router) { router_ = std::move(router); }

  // --- For watchers ------------------------------------------------------------------------------------------------
  // While the wire is paused nothing is delivered but what is asked for. The kernels do not pause: they send again what
  // is not confirmed.
  void pause(bool on);
  // Delivers the frame that would be next; false if nothing is on the wire.
  bool step();
  // Delivers a frame now, or after `by`.
  bool deliver(int number, Duration by = {});
  bool drop(int number);
  bool duplicate(int number);
  // Whether a watcher keeps a frame from going on.
  bool is_watched() const;

 private:
  struct Flight {
    Frame frame{};
    Fate fate = Fate::delivered;  // that is meant for it
    Duration departure{};
    Duration extra{};      // beyond the latency
    bool held = false;     // by the scenario
    bool stopped = false;  // by a fault, until a watcher lets it go
    bool passes = false;   // though the wire is paused
    bool behind = false;   // until the next frame of its side has been delivered
  };

  void take_path(Flight& flight);
  void find_original(Frame& frame);
  void meet_faults(Flight& flight, std::vector<Flight>& copies);
  Flight copy_of(const Flight& flight);
  bool goes(const Flight& flight) const { return !flight.held && !flight.stopped && (!paused_ || flight.passes); }
  Duration due_at(const Flight& flight) const;
  std::optional<Duration> next_due() const;
  Flight* find(int number);
  Arrival arrive(std::vector<Flight>::iterator flight);

  WireClock clock_;
  Faults faults_;
  SentSegments sent_;
  Duration latency_;
  std::optional<SlowPath> path_;
  Router router_;
  std::vector<Flight> flights_;
  int numbers_ = 0;
  Duration last_departure_{};
  bool holding_ = false, paused_ = false, cut_ = false, intervened_ = false;
};

}  // namespace loquat::wire
