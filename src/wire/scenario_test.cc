// Every scenario on a real lab, each in a process of its own: it takes one with a single thread.
#include "wire/scenario.h"
#include "codec/segment.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

namespace loquat::wire {

void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }
namespace {

std::string summary(const Frame& frame) {
  const auto segment = codec::find_segment(frame.bytes);
  return "#" + std::to_string(frame.number) + " " + std::string(name(frame.from)) + " " +
         (segment ? codec::flag_names(segment->flags) + " len=" + std::to_string(segment->length) : "no TCP") + ": " +
         std::string(name(frame.after.client)) + ", " + std::string(name(frame.after.server));
}

constexpr int kUnavailable = 77;

int played(const Scenario& scenario) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 1;
    try {
      const auto show = [](const Row& row) {
        if (const auto* end = std::get_if<End>(&row)) std::cerr << end->text.en << '\n';
        if (const auto* action = std::get_if<Action>(&row))
          std::cerr << action->at.count() / 1000 << " us " << name(action->side) << ' ' << action->text.en << '\n';
        if (const auto* frame = std::get_if<Frame>(&row))
          std::cerr << frame->sent.count() / 1000 << " us to " << frame->delivered.count() / 1000 << " us "
                    << summary(*frame) << '\n';
      };
      status = play(scenario, {}, 0, {.sink = show}) ? 0 : 4;
    } catch (const kernel::Unavailable&) {
      status = kUnavailable;
    } catch (const std::exception& e) {
      std::cerr << e.what() << '\n';
    }
    std::cerr.flush();
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class EveryScenario : public testing::TestWithParam<Scenario> {};

TEST_P(EveryScenario, EndsAsSpecified) {
  const int status = played(GetParam());
  if (status == kUnavailable)
    GTEST_SKIP() << "no lab here: user namespaces are forbidden, or (TSan) the process has a second thread";
  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, EveryScenario, testing::ValuesIn(scenarios()), [](const auto& scenario) {
  std::string name(scenario.param.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace loquat::wire
