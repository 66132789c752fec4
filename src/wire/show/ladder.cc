#include "wire/show/ladder.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "wire/show/ladder_painter.h"
#include "wire/text/texts.h"
#include "wire/trace/time_order.h"

namespace loquat::wire {
namespace {

Ink ink_of(const FrameView& view) {
  if (view.frame.fate == Fate::dropped || view.frame.fate == Fate::corrupted) return Ink::red;
  if (view.frame.retransmission_of != 0 || view.frame.copy_of != 0) return Ink::magenta;
  if (!view.segment) return Ink::blue;
  if (view.segment->has(codec::tcp::rst)) return Ink::red;
  if (view.segment->has(codec::tcp::syn)) return Ink::green;
  return view.segment->has(codec::tcp::fin) ? Ink::yellow : Ink::plain;
}

}  // namespace

class Ladder::Impl {
 public:
  Impl(const LadderOptions& options, std::function<void(std::string_view)> out)
      : options_(options), painter_(options, std::move(out)) {
    if (options_.ascii) options_.language = Language::en;
  }

  void add(const Row& row) {
    std::visit([this](const auto& value) { take(value); }, row);
  }
  void finish() { leave_before(Duration::max()); }

 private:
  // When each side was in the states that were shown last.
  struct Times {
    Duration client{}, server{};
  };
  struct OnTheWay {
    Frame frame{};
    bool has_left = false;  // its leaving has been drawn
    int lane = -1;
  };

  void take(const Begin& begin);
  void take(const Frame& frame);
  void take(const Action& action);
  void take(const Note& note);
  void take(const Counters& counters);
  void take(const End& end);

  void take_held(const Frame& frame);
  void leave(OnTheWay& on_the_way);
  void leave_before(Duration at);
  bool on_the_way_since(Duration at, std::optional<Side> from) const;
  void draw_waiting_actions();
  void draw_action(const Action& action);
  // `named`: what it is stands where it left.
  void draw_part(const Frame& frame, ArrowPart part, int lane, bool named = false);
  Arrow arrow_of(const FrameView& view) const;
  FrameView view_of(const Frame& frame);
  ShownStates shown(States states, const Times& at, std::size_t connection);
  std::string_view say(const TextPattern<0>& text) const { return in(options_.language, text); }

  LadderOptions options_;
  LadderPainter painter_;
  Numbering numbering_;
  Source frames_ = Source::captured;
  std::map<int, OnTheWay> on_the_way_;
  std::deque<Action> waiting_;  // what a sender did while what it had sent was on the way: it comes below that
  std::map<std::size_t, States> last_states_;
  std::map<std::size_t, Times> last_states_at_;
  std::size_t last_connection_ = 0;
  Duration last_at_{};
};

void Ladder::Impl::take(const Begin& begin) {
  frames_ = begin.frames;
  painter_.header(begin);
}

void Ladder::Impl::take(const Frame& frame) {
  if (frame.fate == Fate::held) return take_held(frame);
  const auto known = on_the_way_.find(frame.number);
  if (known != on_the_way_.end() && known->second.has_left) {
    leave_before(frame.delivered);
    painter_.release_lane(known->second.lane);
    draw_part(frame, ArrowPart::arriving, known->second.lane, true);
  } else {
    const bool late = frame.sent < last_at_ && frame.delivered > frame.sent;  // its row as a held frame is missing
    leave_before(late ? frame.delivered : frame.sent);
    draw_part(frame, late ? ArrowPart::arriving : ArrowPart::whole, -1);
  }
  on_the_way_.erase(frame.number);
  draw_waiting_actions();
}

void Ladder::Impl::take_held(const Frame& frame) {
  if (on_the_way_.count(frame.number) > 0) return;
  bool meets = options_.held_at_once;
  for (auto& [number, other] : on_the_way_) {
    if (other.frame.from == frame.from) continue;
    meets = true;
    if (!other.has_left) leave(other);
  }
  OnTheWay& added = on_the_way_.emplace(frame.number, OnTheWay{.frame = frame}).first->second;
  if (!meets) return;
  leave_before(frame.sent);
  if (!added.has_left) leave(added);
}

void Ladder::Impl::leave(OnTheWay& on_the_way) {
  on_the_way.has_left = true;
  const int lane = painter_.take_lane(on_the_way.frame.from);
  on_the_way.lane = lane;
  draw_part(on_the_way.frame, ArrowPart::leaving, lane);
}

// Whoever was sent before `at` and is still on its way has met what comes now.
void Ladder::Impl::leave_before(Duration at) {
  for (auto& [number, other] : on_the_way_) {
    if (!other.has_left && other.frame.sent < at) leave(other);
  }
  draw_waiting_actions();
}

// Is something on its way, not drawn, that was sent before `at` (by `from`)?
bool Ladder::Impl::on_the_way_since(Duration at, std::optional<Side> from) const {
  return std::any_of(on_the_way_.begin(), on_the_way_.end(), [&](const auto& entry) {
    const OnTheWay& other = entry.second;
    return !other.has_left && other.frame.sent < at && (!from || other.frame.from == *from);
  });
}

void Ladder::Impl::draw_waiting_actions() {
  while (!waiting_.empty() && !on_the_way_since(waiting_.front().at, std::nullopt)) {
    Action action = std::move(waiting_.front());
    waiting_.pop_front();
    const States& last = last_states_[last_connection_];  // of the other side, who may have heard since
    (action.side == Side::client ? action.after.server : action.after.client) =
        action.side == Side::client ? last.server : last.client;
    draw_action(action);
  }
}

FrameView Ladder::Impl::view_of(const Frame& frame) {
  FrameView view{frame, codec::find_segment(frame.bytes, frame.link), {}, {}};
  if (!view.segment) return view;
  view.numbers = numbering_.add(*view.segment);
  last_connection_ = view.numbers.connection;
  if (options_.name_ports || numbering_.connections() > 1)
    view.port = ":" + std::to_string(numbering_.client(last_connection_).port);
  return view;
}

Arrow Ladder::Impl::arrow_of(const FrameView& view) const {
  const Frame& frame = view.frame;
  Arrow arrow{.from = frame.from, .lost = frame.fate == Fate::dropped, .number = frame.number};
  arrow.inferred = frame.source.value_or(frames_) == Source::inferred;
  arrow.ink = ink_of(view);
  arrow.label = frame_label(view, options_.language, options_.ascii);
  if (arrow.inferred) arrow.label.push_back({std::string(say(texts::source_inferred)), remark_weight});
  if (arrow.lost) arrow.after_lost = say(options_.width < 76 ? texts::lost : texts::lost_here);
  return arrow;
}

void Ladder::Impl::draw_part(const Frame& frame, ArrowPart part, int lane, bool named) {
  const FrameView view = view_of(frame);
  Arrow arrow = arrow_of(view);
  arrow.part = part;
  arrow.lane = lane;
  last_at_ = arrow.at = part == ArrowPart::arriving ? frame.delivered : frame.sent;
  const std::size_t connection = view.segment ? view.numbers.connection : last_connection_;
  last_states_.emplace(connection, frame.at_sending);
  const bool leaves = part == ArrowPart::leaving;
  if (named) {  // the rest stands where it left
    std::erase_if(arrow.label,
                  [&](const auto& p) { return p.weight != remark_weight || frame.fate != Fate::corrupted; });
  }
  States states = leaves ? frame.at_sending : frame.after;
  Times at{leaves ? frame.sent : frame.delivered, leaves ? frame.sent : frame.delivered};
  if (part == ArrowPart::whole && !waiting_.empty()) {  // what the sender did since comes below
    const bool client = frame.from == Side::client;
    (client ? states.client : states.server) = client ? frame.at_sending.client : frame.at_sending.server;
    (client ? at.client : at.server) = frame.sent;
  }
  painter_.arrow(arrow, shown(states, at, connection), leaves ? "" : in(options_.language, frame.why));
}

// What is drawn below something later brings no older state back.
ShownStates Ladder::Impl::shown(States states, const Times& at, std::size_t connection) {
  const auto changed = [](State before, State now) {
    return before != State::unknown && now != State::unknown && before != now;
  };
  States& last = last_states_[connection];
  Times& last_at = last_states_at_[connection];
  if (at.client < last_at.client) states.client = last.client;
  if (at.server < last_at.server) states.server = last.server;
  last_at = {std::max(at.client, last_at.client), std::max(at.server, last_at.server)};
  const ShownStates shown{states, changed(last.client, states.client), changed(last.server, states.server)};
  last = states;
  return shown;
}

void Ladder::Impl::take(const Action& action) {
  const bool receives = on_the_way_since(action.at, other(action.side));
  if (!receives && (!waiting_.empty() || on_the_way_since(action.at, action.side))) return waiting_.push_back(action);
  leave_before(action.at);
  draw_action(action);
}

void Ladder::Impl::draw_action(const Action& action) {
  last_at_ = action.at;
  painter_.action(action.at, action.side, in(options_.language, action.text),
                  shown(action.after, {action.at, action.at}, last_connection_));
}

void Ladder::Impl::take(const Note& note) {
  leave_before(note.at);
  painter_.note(note.at, in(options_.language, note.text));
}

void Ladder::Impl::take(const Counters& counters) {
  const std::string text = counters_text(counters, options_.language);
  if (text.empty()) return;
  leave_before(Duration::max());
  painter_.explain(text);
}

void Ladder::Impl::take(const End& end) {
  leave_before(Duration::max());
  if (numbering_.connections() < 2 && end.states != last_states_[last_connection_])
    painter_.states(end.at, shown(end.states, {end.at, end.at}, last_connection_));
  if (!end.as_specified) painter_.explain(say(texts::differs_from_linux));
  if (!end.text.empty()) painter_.explain(in(options_.language, end.text));
}

Ladder::Ladder(const LadderOptions& options, std::function<void(std::string_view)> out)
    : impl_(std::make_unique<Impl>(options, std::move(out))) {}
Ladder::~Ladder() = default;
void Ladder::add(const Row& row) { impl_->add(row); }
void Ladder::finish() { impl_->finish(); }

std::string draw(const Trace& trace, LadderOptions options) {
  Numbering numbering;
  for (const Row& row : trace) {
    const auto* frame = std::get_if<Frame>(&row);
    if (frame == nullptr) continue;
    if (const auto segment = codec::find_segment(frame->bytes, frame->link)) numbering.add(*segment);
  }
  options.name_ports = options.name_ports || numbering.connections() > 1;
  std::string text;
  Ladder ladder(options, [&text](std::string_view line) { (text += line) += '\n'; });
  for (const Row& row : in_order_of_time(trace)) ladder.add(row);
  ladder.finish();
  return text;
}

}  // namespace loquat::wire
