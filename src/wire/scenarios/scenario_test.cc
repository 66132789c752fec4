// Every scenario in a real lab. Each has a process of its own, since a lab needs one with a single thread.
#include "wire/scenarios/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "codec/network/segment.h"
#include "wire/kernel/network/test_in_child.h"

namespace loquat::wire {

void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

namespace {

std::string summary(const Frame& frame) {
  const auto segment = codec::find_segment(frame.bytes);
  return "#" + std::to_string(frame.number) + " " + std::string(name(frame.from)) + " " +
         (segment ? codec::flag_names(segment->flags) + " len=" + std::to_string(segment->length) : "no TCP") + ": " +
         std::string(name(frame.after.client)) + ", " + std::string(name(frame.after.server));
}

void show(const Row& row) {
  if (const auto* end = std::get_if<End>(&row)) std::cerr << end->text.en << '\n';
  if (const auto* action = std::get_if<Action>(&row))
    std::cerr << action->at.count() / 1000 << " us " << name(action->side) << ' ' << action->text.en << '\n';
  if (const auto* frame = std::get_if<Frame>(&row))
    std::cerr << frame->sent.count() / 1000 << " us to " << frame->delivered.count() / 1000 << " us " << summary(*frame)
              << '\n';
}

class EveryScenario : public ::testing::TestWithParam<Scenario> {};

// On a busy machine the programs may be too late for a timer of the kernel, which sends a segment again, say.
TEST_P(EveryScenario, EndsAsSpecified) {
  int status = 4;
  for (int attempt = 0; attempt < 3 && status == 4; ++attempt)
    status = in_child([&] { return play(GetParam(), {}, 0, {.sink = show}) ? 0 : 4; });
  if (status == no_lab) GTEST_SKIP() << no_lab_reason;
  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, EveryScenario, ::testing::ValuesIn(scenarios()), [](const auto& scenario) {
  std::string name(scenario.param.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace loquat::wire
