#include "wire/capture/two_captures.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "wire/capture/changes_on_way.h"
#include "wire/capture/pairing.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

// What one end captured. `side`: that end, 0 is the client.
class View {
 public:
  View(const Trace& trace, std::size_t side) : begin(std::get<Begin>(trace.front())), side_(side) {
    for (const Row& row : trace) {
      const auto* frame = std::get_if<Frame>(&row);
      if (frame == nullptr || frame->copy_of != 0) continue;
      if (const auto segment = codec::find_segment(frame->bytes, frame->link)) add(*frame, *segment);
    }
  }

  // The first sequence number of a sender, if its SYN is here.
  std::optional<std::uint32_t> first_of(std::size_t sender) const {
    for (const Sighting& seen : sent_by[sender]) {
      if (seen.segment.has(codec::tcp::syn)) return seen.segment.seq;
    }
    return std::nullopt;
  }

  void count_from(const std::array<std::uint32_t, 2>& first) {
    for (std::size_t sender : {0, 1}) {
      for (Sighting& seen : sent_by[sender]) {
        seen.seq = seen.segment.seq - first[sender];
        seen.ack = seen.segment.has(codec::tcp::ack) ? seen.segment.ack - first[1 - sender] : 0;
      }
    }
  }

  // `time` on this capture's clock.
  State state_at(std::int64_t time) const {
    State state = states_.empty() ? State::unknown : states_.front().second;
    for (const auto& [since, now] : states_) {
      if (since > time) break;
      state = now;
    }
    return state;
  }

  State of(const States& states) const noexcept { return side_ == 0 ? states.client : states.server; }

  const Begin& begin;
  std::array<std::vector<Sighting>, 2> sent_by;
  std::vector<Sighting> damaged;  // what came with a wrong checksum, which no TCP takes

 private:
  void add(const Frame& frame, const codec::Segment& segment) {
    const std::int64_t time = begin.wall_ns + frame.sent.count();
    const std::size_t sender = frame.from == Side::client ? 0 : 1;
    const bool harmed = frame.fate == Fate::corrupted && sender != side_;
    (harmed ? damaged : sent_by[sender]).push_back({&frame, segment, time});
    states_.emplace_back(time, of(frame.at_sending));
    states_.emplace_back(time, of(frame.after));
  }

  std::size_t side_;
  std::vector<std::pair<std::int64_t, State>> states_;
};

// Makes the numbers of both comparable: from the SYNs, which a firewall may have given other numbers.
void count_alike(View& client, View& server) {
  std::array<std::uint32_t, 2> there{}, here{};
  for (std::size_t sender : {0, 1}) {
    const auto a = client.first_of(sender), b = server.first_of(sender);
    if (!a || !b) continue;
    there[sender] = *a;
    here[sender] = *b;
  }
  client.count_from(there);
  server.count_from(here);
}

class Joining {
 public:
  Joining(const Trace& client, const Trace& server) : ends_{View(client, 0), View(server, 1)} {
    count_alike(ends_[0], ends_[1]);
    for (std::size_t side : {0, 1}) pairing_[side] = pair_up(ends_[side].sent_by[side], ends_[1 - side].sent_by[side]);
    if (!pairing_[0].shortest && !pairing_[1].shortest)
      throw CapturesDiffer("these are not two captures of one connection: no segment is in both");
    // What both directions took together needs no clock; half of it is the shortest way.
    const std::int64_t there = pairing_[0].shortest.value_or(0), back = pairing_[1].shortest.value_or(there);
    if (!pairing_[0].shortest)
      ahead_ = -back;
    else if (pairing_[1].shortest)
      ahead_ = (there - back) / 2;
    else
      ahead_ = there;
    round_trip_ = pairing_[0].shortest && pairing_[1].shortest ? there + back : 0;
  }

  Trace joined() {
    for (std::size_t side : {0, 1}) {
      for (std::size_t i = 0; i < pairing_[side].sent.size(); ++i) add_sent(side, i);
      for (const std::size_t i : pairing_[side].unknown) add_received(side, i, texts::not_seen_to_be_sent);
      for (const std::size_t i : pairing_[side].doubled) add_received(side, i, texts::doubled_on_the_way);
    }
    return in_order();
  }

 private:
  // On the client's clock.
  std::int64_t clock(std::size_t end, std::int64_t time) const noexcept { return end == 0 ? time : time - ahead_; }
  State state_at(std::size_t end, std::int64_t time) const {
    return ends_[end].state_at(end == 0 ? time : time + ahead_);
  }
  States states(std::size_t side, State mine, State others) const {
    return side == 0 ? States{mine, others} : States{others, mine};
  }

  void add_sent(std::size_t side, std::size_t i) {
    const Sighting& seen = ends_[side].sent_by[side][i];
    const Pair& pair = pairing_[side].sent[i];
    Frame frame = *seen.frame;
    const std::int64_t left = clock(side, seen.time);
    std::int64_t arrived = left + round_trip_ / 2;
    State other = state_at(1 - side, arrived);
    ++sent_[side];
    if (pair.received && pair.missing == 0) {
      const Sighting& there = ends_[1 - side].sent_by[side][*pair.received];
      arrived = clock(1 - side, pair.time);
      other = ends_[1 - side].of(there.frame->after);
      if (const Text changes = changes_on_way(seen, there); !changes.empty())
        add(frame.why, texts::changed_on_the_way(changes));
      frame.fate = Fate::delivered;
    } else {
      frame.fate = Fate::dropped;
      ++lost_[side];
      if (const Sighting* there = damaged_form(side, seen)) {
        frame.fate = Fate::corrupted;
        frame.arrived = there->frame->bytes;
        arrived = clock(1 - side, there->time);
      } else
        add(frame.why,
            pair.received ? texts::lost_in_part(pair.missing, seen.segment.length) : Text(texts::lost_between));
    }
    frame.at_sending = states(side, ends_[side].of(seen.frame->at_sending), state_at(1 - side, left));
    frame.after = states(side, state_at(side, arrived), other);
    put(std::move(frame), left, arrived);
  }

  // What came of `seen` with a wrong checksum.
  const Sighting* damaged_form(std::size_t side, const Sighting& seen) const {
    const auto& damaged = ends_[1 - side].damaged;
    const auto found = std::find_if(damaged.begin(), damaged.end(), [&](const Sighting& each) {
      const codec::Segment &a = seen.segment, &b = each.segment;
      return a.identification != 0 ? a.identification == b.identification : a.seq == b.seq && a.length == b.length;
    });
    return found == damaged.end() ? nullptr : &*found;
  }

  void add_received(std::size_t side, std::size_t i, const Text& why) {
    const Sighting& seen = ends_[1 - side].sent_by[side][i];
    Frame frame = *seen.frame;
    const std::int64_t arrived = clock(1 - side, seen.time);
    frame.by_wire = true;
    frame.retransmission_of = 0;
    frame.fate = Fate::delivered;
    frame.facts.reset();
    ++strange_[side];
    add(frame.why, why);
    const State mine = state_at(side, arrived);
    frame.at_sending = states(side, mine, ends_[1 - side].of(seen.frame->at_sending));
    frame.after = states(side, mine, ends_[1 - side].of(seen.frame->after));
    put(std::move(frame), arrived, arrived);
  }

  static void add(Text& why, const Text& more) {
    why.zh = (why.zh.empty() ? why.en : why.zh) + (why.en.empty() ? "" : " ") + more.zh;
    why.en += (why.en.empty() ? "" : " ") + more.en;
  }

  void put(Frame frame, std::int64_t left, std::int64_t arrived) {
    frame.sent = Duration(left);
    frame.delivered = Duration(std::max(left, arrived));
    frames_.push_back(std::move(frame));
  }

  Trace in_order() {
    std::stable_sort(frames_.begin(), frames_.end(), [](const Frame& a, const Frame& b) { return a.sent < b.sent; });
    const Begin &a = ends_[0].begin, &b = ends_[1].begin;
    Begin begin = a;
    begin.scenario = a.scenario + " + " + b.scenario;
    if (a.system != b.system) begin.system += (a.system.empty() ? "" : " + ") + b.system;
    const Duration first = frames_.empty() ? Duration() : frames_.front().sent;
    begin.wall_ns = first.count();
    Trace trace = {begin};
    Duration last{};
    std::map<std::pair<Side, int>, int> numbers;
    for (Frame& frame : frames_) {
      frame.sent -= first;
      frame.delivered -= first;
      last = std::max(last, frame.delivered);
      const int number = static_cast<int>(trace.size());
      if (!frame.by_wire) numbers[{frame.from, frame.number}] = number;
      if (frame.retransmission_of != 0) frame.retransmission_of = numbers[{frame.from, frame.retransmission_of}];
      frame.number = number;
      trace.emplace_back(std::move(frame));
    }
    const States states{ends_[0].state_at(last_of_clock), ends_[1].state_at(last_of_clock)};
    trace.emplace_back(End{.at = last, .states = states, .text = summary()});
    return trace;
  }

  Text summary() const {
    return texts::two_captures(sent_[0] - lost_[0], sent_[0], sent_[1] - lost_[1], sent_[1], strange_[0] + strange_[1],
                               Duration(round_trip_), Duration(std::abs(ahead_)));
  }

  static constexpr std::int64_t last_of_clock = INT64_MAX;

  std::array<View, 2> ends_;
  std::array<Pairing, 2> pairing_;  // by who sends
  std::int64_t ahead_ = 0;          // the server's clock before the client's, ns
  std::int64_t round_trip_ = 0;     // 0: unknown
  std::array<int, 2> sent_{}, lost_{}, strange_{};
  std::vector<Frame> frames_;
};

}  // namespace

Trace join_captures(const Trace& client, const Trace& server) { return Joining(client, server).joined(); }

}  // namespace loquat::wire
