#include "wire/lab/story.h"

#include <algorithm>

#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

// What the wall clock showed at `moment`. Of several readings the quickest is the best: between the two clocks of the
// others this program had to wait for a processor.
kernel::WallTime wall_at(TimePoint moment) {
  kernel::WallTime best{};
  Duration quickest = Duration::max();
  for (int reading = 0; reading < 5; ++reading) {
    const TimePoint before = now();
    const kernel::WallTime wall = kernel::wall_time();
    const Duration took = now() - before;
    if (took < quickest) best = wall - (before - moment) - took / 2;
    quickest = std::min(quickest, took);
  }
  return best;
}

void add_line(Text& text, const Text& line) {
  text.en += (text.en.empty() ? "" : "\n") + line.en;
  text.zh += (text.zh.empty() ? "" : "\n") + line.zh;
}

}  // namespace

Story::Story(Sink sink, bool tell_held)
    : sink_(std::move(sink)), tell_held_(tell_held), start_(now()), wall_start_(wall_at(start_)) {}

Duration Story::at(kernel::WallTime moment) const {
  return std::clamp<Duration>(moment - wall_start_, Duration::zero(), elapsed());
}

void Story::tell(const Row& row) {
  if (sink_) sink_(row);
}

// What the programs do when they go is not part of the scenario.
void Story::act(Duration at, Side side, const Text& text, const States& after) {
  if (!is_over()) tell(Action{at, side, text, after});
}

void Story::note(const Text& text, std::string tls_keys) { tell(Note{elapsed(), text, std::move(tls_keys)}); }

void Story::sent(const Frame& frame) {
  if (tell_held_) tell(frame);
}

void Story::arrived(const Frame& frame) {
  frames_.push_back(frame);
  tell(frame);
}

int Story::count(std::string_view which) const {
  const Fault pattern = parse_fault(Fault::Kind::drop, which);
  return static_cast<int>(std::count_if(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return frame.copy_of == 0 && pattern.fits(frame.from, frame.bytes);
  }));
}

bool Story::saw(Side side, State state) const {
  return std::any_of(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return (side == Side::client ? frame.after.client : frame.after.server) == state;
  });
}

void Story::check(bool holds, std::string_view what) {
  if (!holds) failures_.emplace_back(what);
}

void Story::conclude(const Text& text, std::vector<Counters> counters, const States& states) {
  conclusion_ = text;
  for (Counters& each : counters) end_.push_back(std::move(each));
  end_.push_back(End{elapsed(), states, true, {}});
}

void Story::finish(bool disturbed, const std::vector<Fault>& met_nothing) {
  if (disturbed) failures_.clear();
  End& end = std::get<End>(end_.back());
  end.as_specified = as_specified();
  end.text = conclusion_;
  if (disturbed && !conclusion_.empty()) end.text = texts::left_to_itself(conclusion_);
  for (const std::string& failure : failures_) add_line(end.text, texts::not_as_meant(failure));
  for (const Fault& fault : met_nothing) add_line(end.text, texts::fault_met_nothing(str(fault)));
  for (const Row& row : end_) tell(row);
}

}  // namespace loquat::wire
