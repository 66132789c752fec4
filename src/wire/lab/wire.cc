#include "wire/lab/wire.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "codec/network/segment.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

constexpr Duration max_behind = std::chrono::milliseconds(50);  // how long a reordered frame waits for another one

}  // namespace

Wire::Wire(std::function<Duration()> elapsed, const std::vector<Fault>& ordered, Duration latency)
    : clock_(std::move(elapsed)), latency_(latency) {
  for (const Fault& fault : ordered) faults_.add(fault, true);
}

// --- Frames ---

const Frame& Wire::send(Frame frame) {
  Flight flight;
  flight.frame = std::move(frame);
  flight.frame.number = ++numbers_;
  find_original(flight.frame);
  // What is due already will be delivered first, however late the machine is.
  flight.departure = std::max(last_departure_, std::min(clock_.now(), next_due().value_or(Duration::max())));
  last_departure_ = flight.departure;
  flight.held = holding_;
  if (path_) take_path(flight);
  std::vector<Flight> copies;
  meet_faults(flight, copies);
  const std::size_t place = flights_.size();
  flights_.push_back(std::move(flight));
  for (Flight& copy : copies) flights_.push_back(std::move(copy));
  return flights_[place].frame;
}

void Wire::take_path(Flight& flight) {
  const auto extra = path_->extra(flight.frame.from, flight.frame.bytes.size(), flight.departure);
  flight.extra = extra.value_or(Duration::zero());
  if (extra) return;
  flight.fate = Fate::dropped;
  flight.frame.why = texts::queue_is_full;
}

void Wire::find_original(Frame& frame) {
  const auto segment = codec::find_segment(frame.bytes);
  if (!segment || frame.by_wire) return;
  frame.retransmission_of = sent_.original_of(*segment);
  sent_.add(frame.number, *segment);
}

void Wire::meet_faults(Flight& flight, std::vector<Flight>& copies) {
  Frame& frame = flight.frame;
  for (const auto& [fault, ordered] : faults_.meet(frame.from, frame.bytes)) {
    switch (fault.kind) {
      case Fault::Kind::drop:
        flight.fate = Fate::dropped;
        if (ordered) frame.why = texts::lost_as_asked_by(str(fault));
        break;
      case Fault::Kind::delay:
        flight.extra += fault.by;
        break;
      case Fault::Kind::reorder:
        flight.behind = true;
        break;
      case Fault::Kind::duplicate:
        copies.push_back(copy_of(flight));
        break;
      case Fault::Kind::corrupt:
        if (flight.fate == Fate::dropped) break;
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

// The wire makes the copy, so it has not been sent a second time. Having the higher number it comes right behind its
// original.
Wire::Flight Wire::copy_of(const Flight& flight) {
  Flight copy = flight;
  copy.frame.number = ++numbers_;
  copy.frame.copy_of = flight.frame.number;
  copy.frame.arrived.clear();
  copy.fate = Fate::delivered;
  return copy;
}

Duration Wire::due_at(const Flight& flight) const {
  Duration due = flight.departure + latency_ + flight.extra;
  if (!path_) due = std::max(due, last_departure_ + latency_);
  return flight.behind ? due + max_behind : due;
}

std::optional<Duration> Wire::next_due() const {
  std::optional<Duration> next;
  for (const Flight& flight : flights_)
    if (goes(flight)) next = std::min(next.value_or(Duration::max()), due_at(flight));
  return next;
}

std::optional<Duration> Wire::wait() const {
  const auto next = next_due();
  if (!next) return {};
  return std::max(*next - clock_.now(), Duration::zero());
}

std::vector<int> Wire::due() {
  const auto moment = next_due();
  if (!moment || *moment > clock_.now()) return {};
  std::vector<std::pair<Duration, int>> batch;  // when each frame is to arrive, and its number
  for (const Flight& flight : flights_)
    if (goes(flight) && due_at(flight) == *moment)
      batch.emplace_back(flight.departure + flight.extra, flight.frame.number);
  std::sort(batch.begin(), batch.end());
  clock_.stop_at(std::max(*moment, last_departure_));  // after a pause it may be long ago
  std::vector<int> numbers;
  for (const auto& [arrival, number] : batch) numbers.push_back(number);
  return numbers;
}

std::optional<Wire::Arrival> Wire::take(int number) {
  const auto found = std::find_if(flights_.begin(), flights_.end(),
                                  [&](const Flight& flight) { return flight.frame.number == number; });
  if (found == flights_.end() || !goes(*found)) return {};
  return arrive(found);
}

std::optional<Wire::Arrival> Wire::take_overtaken_by(int number, Side from) {
  const auto found = std::find_if(flights_.begin(), flights_.end(), [&](const Flight& flight) {
    return flight.behind && flight.frame.from == from && flight.frame.number < number && goes(flight);
  });
  if (found == flights_.end()) return {};
  return arrive(found);
}

Wire::Arrival Wire::arrive(std::vector<Flight>::iterator flight) {
  Arrival arrival{.frame = std::move(flight->frame)};
  Frame& frame = arrival.frame;
  frame.fate = cut_ ? Fate::dropped : flight->fate;
  flights_.erase(flight);
  if (router_ && !frame.by_wire && frame.fate != Fate::dropped) {
    if (auto refused = router_(frame.from, frame.bytes)) {
      frame.fate = Fate::dropped;
      frame.why = std::move(refused->why);
      arrival.answer = std::move(refused->answer);
      arrival.answer_why = std::move(refused->answer_why);
    }
  }
  if (frame.fate == Fate::dropped) frame.arrived.clear();
  return arrival;
}

Wire::Flight* Wire::find(int number) {
  for (Flight& flight : flights_)
    if (flight.frame.number == number) return &flight;
  return nullptr;
}

bool Wire::is_stopped(int number) const {
  return std::any_of(flights_.begin(), flights_.end(),
                     [&](const Flight& flight) { return flight.frame.number == number && flight.stopped; });
}

// --- For scenarios ---

void Wire::release() {
  holding_ = false;
  for (Flight& flight : flights_) flight.held = false;
}

std::size_t Wire::held() const {
  return static_cast<std::size_t>(
      std::count_if(flights_.begin(), flights_.end(), [](const Flight& flight) { return flight.held; }));
}

void Wire::fault(std::string_view kind, std::string_view text) {
  for (int i = 0; i <= static_cast<int>(Fault::Kind::hold); ++i)
    if (name(static_cast<Fault::Kind>(i)) == kind)
      return faults_.add(parse_fault(static_cast<Fault::Kind>(i), text), false);
  throw std::invalid_argument("no such fault: " + std::string(kind));
}

// --- For watchers ---

bool Wire::is_watched() const {
  return std::any_of(flights_.begin(), flights_.end(),
                     [&](const Flight& flight) { return !flight.held && !goes(flight); });
}

void Wire::pause(bool on) {
  paused_ = on;
  intervened_ = true;
}

bool Wire::step() {
  const Flight* next = nullptr;
  for (const Flight& flight : flights_)
    if (!flight.held && !flight.passes && (next == nullptr || due_at(flight) < due_at(*next))) next = &flight;
  return next != nullptr && deliver(next->frame.number);
}

bool Wire::deliver(int number, Duration by) {
  Flight* flight = find(number);
  if (flight == nullptr) return false;
  intervened_ = true;
  flight->held = flight->stopped = flight->behind = false;
  flight->passes = true;
  flight->extra = by > Duration::zero() ? clock_.now() - flight->departure + by : Duration::zero();
  return true;
}

bool Wire::drop(int number) {
  if (!deliver(number)) return false;
  Flight& flight = *find(number);
  flight.fate = Fate::dropped;
  flight.frame.why = texts::lost_as_asked;
  return true;
}

bool Wire::duplicate(int number) {
  if (!deliver(number)) return false;
  flights_.push_back(copy_of(*find(number)));
  return true;
}

}  // namespace loquat::wire
