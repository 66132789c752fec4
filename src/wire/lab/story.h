// story.h - what a lab tells: the rows of its trace as they happen, and whether the scenario went as it is meant to.
//
//   Story story(show, false);
//   story.note({"The cable is cut.", "..."});
//   story.check(story.count("c>s rst") == 1, "one RST");
//   story.conclude({"..."}, counters, states);
//   story.finish(false);
//
//   Time      Rows count from the story's beginning.
//   Threads   One caller at a time; the sink is called by it.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/time.h"
#include "wire/kernel/network/frame_socket.h"
#include "wire/lab/faults.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

using Sink = std::function<void(const Row&)>;

class Story {
 public:
  // `tell_held`: the sink gets each frame when it is sent, too.
  Story(Sink sink, bool tell_held);

  Duration elapsed() const { return now() - start_; }
  // When it began, by the wall clock.
  kernel::WallTime wall_start() const noexcept { return wall_start_; }
  // What elapsed() was at this moment, which is not later than now.
  Duration at(kernel::WallTime moment) const;

  // --- Rows --------------------------------------------------------------------------------------------------------
  void act(Duration at, Side side, const Text& text, const States& after);
  void note(const Text& text, std::string tls_keys = {});
  void sent(const Frame& frame);
  void arrived(const Frame& frame);  // or was dropped

  // --- What the scenario asks --------------------------------------------------------------------------------------
  // Frames whose fate is known, in the order in which it became known.
  const std::vector<Frame>& frames() const noexcept { return frames_; }
  // How many frames fit so far, without copies: count("c>s data").
  int count(std::string_view which) const;
  // Whether some frame has left one side in this state.
  bool saw(Side side, State state) const;

  // --- The end -----------------------------------------------------------------------------------------------------
  // What is true if the scenario went as it is meant to.
  void check(bool holds, std::string_view what);
  // The scenario is over. `counters` are both sides'.
  void conclude(const Text& text, std::vector<Counters> counters, const States& states);
  bool is_over() const noexcept { return !end_.empty(); }
  // Tells the counters and the end. `disturbed`: somebody has interfered, so no check counts. `met_nothing`: faults
  // that were ordered and applied to no frame.
  void finish(bool disturbed, const std::vector<Fault>& met_nothing);
  bool as_specified() const noexcept { return failures_.empty(); }

 private:
  void tell(const Row& row);

  Sink sink_;
  bool tell_held_;
  TimePoint start_;
  kernel::WallTime wall_start_;
  std::vector<Frame> frames_;
  std::vector<std::string> failures_;
  Text conclusion_;
  std::vector<Row> end_;  // counters and End; empty while the scenario goes on
};

}  // namespace loquat::wire
