// The wire of the lab: what becomes of each frame, and when. Who sends and who watches: lab.cc.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "codec/network/segment.h"
#include "wire/lab/lab.h"

namespace loquat::wire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kRemembered = 1024;  // frames among which the original of a retransmission is looked for
constexpr Duration kBehindAtMost = milliseconds(50);  // a reordered frame waits for another one that long

// Whether `later` carries again what `earlier` did: the same side's bytes, or its SYN or FIN.
bool repeats(const codec::Segment& earlier, const codec::Segment& later) {
  constexpr std::uint16_t takes_number = codec::tcp::syn | codec::tcp::fin;
  if (earlier.source != later.source || earlier.destination != later.destination) return false;
  if (later.length == 0 && !(later.flags & takes_number)) return false;
  if (earlier.length == 0 && !(earlier.flags & takes_number)) return false;
  if ((earlier.flags ^ later.flags) & codec::tcp::syn) return false;
  const auto before = [](std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; };
  return before(later.seq, earlier.end()) && before(earlier.seq, later.end());
}

}  // namespace

void Lab::carry() {
  for (;;) {
    TimePoint next = TimePoint::max();
    for (const InFlight& flight : in_flight_)
      if (goes(flight)) next = std::min(next, due(flight));
    const Duration wait = next == TimePoint::max() ? Duration(seconds(1)) : std::max(next - now(), Duration::zero());
    if (packets_.wait_readable(std::min<Duration>(wait, milliseconds(5)))) {
      take();
    } else {
      deliver_due();
    }
  }
}

void Lab::take() {
  for (;;) {
    const auto received = network_.receive(buffer_);
    if (received.size == 0) return;
    Frame frame;
    frame.from = received.from;
    frame.bytes.assign(buffer_.data(), buffer_.data() + received.size);
    take_in(std::move(frame));
  }
}

void Lab::take_in(Frame sent) {
  last_arrival_ = last_event_ = now();
  InFlight flight;
  Frame& frame = flight.frame = std::move(sent);
  frame.number = ++numbers_;
  frame.sent = elapsed();
  flight.connection = connection_of(frame.from, frame.bytes);
  frame.at_sending = frame.after = states(flight.connection);
  if (const auto segment = codec::find_segment(frame.bytes); segment && !frame.by_wire) {
    if (options_.port == 0) main_ = flight.connection;
    for (const Frame& earlier : sent_)
      if (const auto old = codec::find_segment(earlier.bytes); old && repeats(*old, *segment)) {
        frame.retransmission_of = earlier.number;
        break;
      }
    sent_.push_back(frame);
    if (sent_.size() > kRemembered) sent_.pop_front();
  }
  flight.held = holding_;
  meet_faults(flight);
  if (options_.tell_held) tell(frame);
  flight.extra += path_.extra(flight.frame.from, flight.frame.bytes.size(), flight.frame.sent);
  in_flight_.push_back(flight);
  if (flight.stopped && options_.on_hold) options_.on_hold(*this, flight.frame);
}

// By whoever watches; the scenario has faults of its own.
bool Lab::is_ordered(const Fault& fault) const {
  return std::any_of(options_.faults.begin(), options_.faults.end(),
                     [&](const Fault& ordered) { return str(ordered) == str(fault); });
}

void Lab::meet_faults(InFlight& flight) {
  Frame& frame = flight.frame;
  for (const Fault& fault : faults_.meet(frame.from, frame.bytes)) {
    switch (fault.kind) {
      case Fault::Kind::drop:
        flight.fate = Fate::dropped;
        if (is_ordered(fault)) frame.why = {"lost, as you asked: " + str(fault), "按要求丢失：" + str(fault)};
        break;
      case Fault::Kind::delay:
        flight.extra += fault.by;
        break;
      case Fault::Kind::reorder:
        flight.behind = true;
        break;
      case Fault::Kind::duplicate:
        carry_copy(flight);
        break;
      case Fault::Kind::corrupt:
        flight.fate = Fate::corrupted;
        frame.arrived = frame.bytes;
        frame.arrived.back() ^= std::byte{1};
        break;
      case Fault::Kind::hold:
        flight.stopped = true;
        break;
    }
  }
}

// The copy comes right behind its original. It is the wire's, so it has not been sent a second time.
void Lab::carry_copy(const InFlight& flight) {
  InFlight copy = flight;
  copy.frame.number = ++numbers_;
  copy.frame.copy_of = flight.frame.number;
  copy.frame.arrived.clear();
  copy.fate = Fate::delivered;
  copy.extra += microseconds(10);
  in_flight_.push_back(std::move(copy));
}

TimePoint Lab::due(const InFlight& flight) const {
  TimePoint at = std::max(start_ + flight.frame.sent, last_arrival_) + options_.latency;
  if (flight.extra > Duration::zero()) at = std::max(at, start_ + flight.frame.sent + options_.latency + flight.extra);
  if (flight.behind) at += kBehindAtMost;
  return at;
}

// One after the other, in the order of sending; between two of them the programs react to what has come.
void Lab::deliver_due() {
  const TimePoint moment = now();
  std::vector<std::pair<Duration, int>> batch;  // when it is to arrive, and its number
  for (const InFlight& flight : in_flight_)
    if (goes(flight) && due(flight) <= moment)
      batch.emplace_back(flight.frame.sent + flight.extra, flight.frame.number);
  std::stable_sort(batch.begin(), batch.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [arrival, number] : batch) deliver_and_overtaken(number);
}

// The frame, if nobody has stopped it meanwhile, and those that were waiting for it to overtake them.
void Lab::deliver_and_overtaken(int number) {
  const InFlight* flight = find(number);
  if (flight == nullptr || !goes(*flight)) return;
  const Side from = flight->frame.from;
  deliver(take_out(number));
  breathe();
  std::vector<int> overtaken;
  for (const InFlight& waiting : in_flight_)
    if (waiting.behind && waiting.frame.from == from && waiting.frame.number <= number && goes(waiting))
      overtaken.push_back(waiting.frame.number);
  for (const int late : overtaken) {
    deliver(take_out(late));
    breathe();
  }
}

Lab::InFlight Lab::take_out(int number) {
  const auto place = std::find_if(in_flight_.begin(), in_flight_.end(),
                                  [&](const InFlight& flight) { return flight.frame.number == number; });
  InFlight flight = std::move(*place);
  in_flight_.erase(place);
  return flight;
}

// Programs that wait for what has just arrived are woken before the next frame arrives, however busy the machine is.
void Lab::breathe() {
  sleep(microseconds(20));
  take();
}

void Lab::deliver(InFlight flight) {
  Frame& frame = flight.frame;
  frame.fate = cut_ ? Fate::dropped : flight.fate;
  std::optional<Refusal> refused;
  if (router_ && !frame.by_wire && frame.fate != Fate::dropped) refused = router_(frame.from, frame.bytes);
  if (refused) {
    frame.fate = Fate::dropped;
    frame.why = refused->why;
  }
  if (frame.fate == Fate::dropped) {
    frame.arrived.clear();
    frame.after = states(flight.connection);
  } else {
    network_.deliver(other(frame.from), frame.fate == Fate::corrupted ? frame.arrived : frame.bytes);
    frame.after = settled_states(flight.connection);
  }
  frame.delivered = elapsed();
  tell_fate(frame);
  if (refused && !refused->answer.empty()) inject(frame.from, refused->answer, refused->answer_why);
  last_event_ = now();
  take();
}

void Lab::inject(Side to, const Bytes& bytes, const Text& why) {
  Frame frame;
  frame.from = other(to);
  frame.bytes = bytes;
  frame.why = why;
  frame.by_wire = true;
  take_in(std::move(frame));
}

void Lab::settle(Duration quiet) {
  const auto resting = [&] {
    return std::all_of(in_flight_.begin(), in_flight_.end(), [](const InFlight& flight) { return flight.held; }) &&
           now() - last_event_ >= quiet;
  };
  last_event_ = now();  // what the programs have just done counts
  while (!resting()) sleep(milliseconds(1));
  // What a fault has cost is sent again first: so the story goes on as it would have.
  if (options_.faults.empty() || held() > 0 || !unconfirmed()) return;
  wait_until([&] { return resting() && !unconfirmed(); }, after_faults);
}

// While somebody keeps a frame from going on, time stands still for the scenario.
bool Lab::wait_until(const std::function<bool()>& ready, Duration most) {
  for (Duration waited{}; !ready();) {
    if (waited >= most) return false;
    const TimePoint before = now();
    sleep(milliseconds(1));
    if (!watched()) waited += now() - before;
  }
  return true;
}

void Lab::release() {
  holding_ = false;
  for (InFlight& flight : in_flight_) flight.held = false;
}

std::size_t Lab::held() const {
  return static_cast<std::size_t>(
      std::count_if(in_flight_.begin(), in_flight_.end(), [](const InFlight& flight) { return flight.held; }));
}

Lab::InFlight* Lab::find(int number) {
  for (InFlight& flight : in_flight_)
    if (flight.frame.number == number) return &flight;
  return nullptr;
}

bool Lab::watched() const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const InFlight& flight) { return !flight.held && !goes(flight); });
}

void Lab::pause(bool on) {
  paused_ = on;
  intervened_ = true;
}

bool Lab::step() {
  InFlight* next = nullptr;
  for (InFlight& flight : in_flight_)
    if (!flight.held && !flight.passes && (next == nullptr || due(flight) < due(*next))) next = &flight;
  return next != nullptr && deliver(next->frame.number);
}

bool Lab::deliver(int number, Duration by) {
  InFlight* flight = find(number);
  if (!flight) return false;
  intervened_ = true;
  flight->held = flight->stopped = flight->behind = false;
  flight->passes = true;
  flight->extra = by > Duration::zero() ? elapsed() - flight->frame.sent + by : Duration::zero();
  return true;
}

bool Lab::drop(int number) {
  if (!deliver(number)) return false;
  InFlight& flight = *find(number);
  flight.fate = Fate::dropped;
  flight.frame.why = {"lost, as you asked", "按要求丢失"};
  return true;
}

bool Lab::duplicate(int number) {
  if (!deliver(number)) return false;
  carry_copy(*find(number));
  return true;
}

void Lab::fault(std::string_view kind, std::string_view text) {
  for (int i = 0; i <= static_cast<int>(Fault::Kind::hold); ++i)
    if (name(static_cast<Fault::Kind>(i)) == kind) return faults_.add(parse_fault(static_cast<Fault::Kind>(i), text));
  throw std::invalid_argument("no such fault: " + std::string(kind));
}

}  // namespace loquat::wire
