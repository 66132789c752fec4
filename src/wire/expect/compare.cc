#include "wire/expect/compare.h"

#include <algorithm>
#include <cstdio>

#include "codec/network/segment.h"
#include "wire/lab/faults.h"
#include "wire/text/texts.h"
#include "wire/trace/numbering.h"

namespace loquat::wire {
namespace {

using Kind = ExpectedLine::Kind;

// A frame that was sent, or a moment at which states were seen.
struct Moment {
  Duration at{};
  const Frame* frame = nullptr;
  States states{};
  Numbers numbers{};
};

std::vector<Moment> moments_of(const Trace& trace) {
  std::vector<Moment> moments;
  for (const Row& row : trace) {
    if (const auto* action = std::get_if<Action>(&row)) moments.push_back({action->at, nullptr, action->after});
    const auto* frame = std::get_if<Frame>(&row);
    if (frame == nullptr || frame->fate == Fate::held) continue;
    moments.push_back({frame->sent, nullptr, frame->at_sending});
    moments.push_back({frame->sent, frame, frame->at_sending});
    moments.push_back({frame->delivered, nullptr, frame->after});
  }
  std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.at < b.at; });
  Numbering numbering;
  for (Moment& moment : moments) {
    if (moment.frame == nullptr) continue;
    if (const auto segment = codec::find_segment(moment.frame->bytes, moment.frame->link))
      moment.numbers = numbering.add(*segment);
  }
  return moments;
}

std::string words_of(const Moment& moment) {
  const Frame& frame = *moment.frame;
  std::string words = "#" + std::to_string(frame.number) + " " + std::string(name(frame.from)) + " > " +
                      std::string(name(other(frame.from)));
  if (const auto segment = codec::find_segment(frame.bytes, frame.link)) {
    words += " " + codec::flag_names(segment->flags);
    if (segment->length > 0) words += " data " + std::to_string(segment->length);
    words += " seq=" + std::to_string(moment.numbers.seq) + " ack=" + std::to_string(moment.numbers.ack);
  } else {
    words += " (no TCP)";
  }
  if (frame.fate == Fate::dropped) words += " lost";
  if (frame.fate == Fate::corrupted) words += " corrupted";
  if (frame.retransmission_of != 0) words += " retransmission";
  if (frame.copy_of != 0) words += " copy";
  char time[32];
  std::snprintf(time, sizeof time, " (%.1f ms)", static_cast<double>(frame.sent.count()) / 1e6);
  return words + time;
}

bool has_figures(const ExpectedLine& line, const codec::Segment& segment, const Numbers& numbers) {
  return (!line.seq || *line.seq == numbers.seq) && (!line.ack || *line.ack == numbers.ack) &&
         (!line.length || *line.length == segment.length) && (!line.window || *line.window == numbers.window);
}

bool is_segment_of(const ExpectedLine& line, const Moment& moment) {
  const auto segment = codec::find_segment(moment.frame->bytes, moment.frame->link);
  if (!segment || !has_figures(line, *segment, moment.numbers)) return false;
  const bool push_counts = line.flags && (*line.flags & codec::tcp::psh) != 0;
  const auto flags = static_cast<std::uint16_t>(push_counts ? segment->flags : segment->flags & ~codec::tcp::psh);
  if (line.flags && *line.flags != flags) return false;
  if (line.data) return segment->length > 0;
  return !line.flags || line.length || push_counts || segment->length == 0;
}

bool is_frame_of(const ExpectedLine& line, const Moment& moment) {
  const Frame& frame = *moment.frame;
  if (frame.from != line.side || frame.fate != line.fate) return false;
  if (line.copy.value_or(false) != (frame.copy_of != 0)) return false;
  if (line.retransmission && frame.retransmission_of == 0) return false;
  const auto of_kind = [&](FrameKind kind) { return Fault{.what = kind}.fits(frame.from, frame.bytes); };
  switch (line.kind) {
    case Kind::arp:
      return of_kind(FrameKind::arp);
    case Kind::icmp:
      return of_kind(FrameKind::icmp);
    case Kind::udp:
      return of_kind(FrameKind::udp);
    case Kind::frame:
      return true;
    default:
      return is_segment_of(line, moment);
  }
}

class Comparison {
 public:
  Comparison(const std::vector<ExpectedLine>& expected, const Trace& trace)
      : expected_(expected), moments_(moments_of(trace)) {}

  // As wildcards are matched: after a line that does not fit, the last `...` takes one moment more.
  std::optional<Difference> find() {
    for (;;) {
      if (line_ == expected_.size() && ends_here()) return {};
      if (line_ < expected_.size() && step()) continue;
      note_farthest();
      if (!retry_) return farthest_;
      if (retry_->next >= moments_.size()) return farthest_;
      ++retry_->next;
      take(*retry_);
    }
  }

 private:
  struct Place {
    std::size_t line = 0, next = 0;  // the first moment that no line has taken
    std::optional<Duration> last{};  // when the last frame of a line was sent
  };

  void take(const Place& place) {
    line_ = place.line;
    next_ = place.next;
    last_ = place.last;
  }

  bool ends_here() const {
    if (expected_.back().kind == Kind::anything) return true;
    return next_frame() == moments_.size();
  }

  std::size_t next_frame() const {
    std::size_t at = next_;
    while (at < moments_.size() && moments_[at].frame == nullptr) ++at;
    return at;
  }

  bool step() {
    const ExpectedLine& line = expected_[line_];
    if (line.kind == Kind::anything) {
      retry_ = Place{++line_, next_, last_};
      return true;
    }
    return line.kind == Kind::state ? step_state(line) : step_frame(line);
  }

  bool step_state(const ExpectedLine& line) {
    const auto holds = [&](const Moment& moment) {
      return (line.side == Side::client ? moment.states.client : moment.states.server) == line.state;
    };
    if (next_ > 0 && holds(moments_[next_ - 1])) return ++line_, true;
    for (std::size_t at = next_; at < moments_.size() && moments_[at].frame == nullptr; ++at) {
      if (!holds(moments_[at])) continue;
      next_ = at + 1;
      return ++line_, true;
    }
    return false;
  }

  bool step_frame(const ExpectedLine& line) {
    const std::size_t at = next_frame();
    if (at == moments_.size() || !is_frame_of(line, moments_[at])) return false;
    const Duration sent = moments_[at].frame->sent;
    if (last_ && sent - *last_ < line.later) return false;
    last_ = sent;
    next_ = at + 1;
    return ++line_, true;
  }

  void note_farthest() {
    if (farthest_ && line_ <= farthest_line_) return;
    farthest_line_ = line_;
    Difference found;
    const bool more = line_ == expected_.size();
    found.line = more ? expected_.back().number : expected_[line_].number;
    if (!more) found.expected = expected_[line_].text;
    if (const std::size_t at = next_frame(); at < moments_.size()) found.came = words_of(moments_[at]);
    if (!more && expected_[line_].kind == Kind::state && next_ > 0) found.states = moments_[next_ - 1].states;
    farthest_ = std::move(found);
  }

  const std::vector<ExpectedLine>& expected_;
  std::vector<Moment> moments_;
  std::size_t line_ = 0, next_ = 0;
  std::optional<Duration> last_;
  std::optional<Place> retry_;  // at the last `...`
  std::optional<Difference> farthest_;
  std::size_t farthest_line_ = 0;
};

}  // namespace

std::optional<Difference> compare(const std::vector<ExpectedLine>& expected, const Trace& trace) {
  return Comparison(expected, trace).find();
}

Text text_of(const Difference& difference, const std::string& file) {
  const std::string where = file + ":" + std::to_string(difference.line);
  const Text expected = difference.expected.empty() ? Text(texts::expected_no_more) : Text{difference.expected, {}};
  Text came = difference.came.empty() ? Text(texts::trace_has_ended) : Text{difference.came, {}};
  if (difference.states)
    came = texts::in_states_then(name(difference.states->client), name(difference.states->server), came);
  return texts::not_as_expected(where, expected, came);
}

}  // namespace loquat::wire
