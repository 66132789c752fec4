#include <fmt/core.h>

#include "../wire/recordings.h"
#include "../wire/showing.h"
#include "../wire/texts.h"
#include "../wire/wire.h"
#include "control.h"
#include "play.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"
#include "wire/trace/time_order.h"

namespace loquat::tool {
namespace {

void explain(const WirePlayOptions& options, const wire::ScenarioText* text, WireShowing& showing) {
  if (!options.output.explain || options.output.format != "text" || text == nullptr) return;
  showing.say(in(wire_language(options.output.language), text->body));
  showing.say("\n");
}

wire::LabOptions lab_options(const WirePlayOptions& options, WireShowing& showing) {
  wire::LabOptions lab;
  lab.sink = [&](const wire::Row& row) { showing.add(row); };
  lab.faults = options.faults;
  lab.ipv6 = options.ipv6;
  lab.congestion = options.congestion;
  lab.tell_held = true;
  if (options.control) lab.attend = control_lab;
  if (options.hold > 0) {
    lab.faults.push_back(parse_fault(wire::Fault::Kind::hold, "#" + std::to_string(options.hold)));
    const wire::Language language = wire_language(options.output.language);
    lab.on_hold = [language](wire::Lab& held, const wire::Frame& frame) {
      held.wire().pause(true);  // the others wait behind it, or a retransmission would overtake it
      tell_held(held, frame.number, language);
    };
    lab.attend = [number = options.hold, language](wire::Lab& held) { deliver_at_enter(held, number, language); };
  }
  return lab;
}

int play_recording(const WirePlayOptions& options, const wire::kernel::Unavailable& why, WireShowing& showing) {
  const wire::Language language = wire_language(options.output.language);
  tell_no_lab(why, language);
  if (options.needs_lab()) {
    fmt::print(stderr, "{}\n", in(language, wire::texts::recording_is_fixed));
    return exit_unavailable;
  }
  const auto trace = wire_recording(options.scenario);
  if (!trace) {
    fmt::print(stderr, "{}\n", in(language, wire::texts::no_recording(options.scenario)));
    return exit_unavailable;
  }
  fmt::print(stderr, "{}\n", in(language, wire::texts::recording_instead));
  for (const wire::Row& row : wire::in_order_of_time(*trace)) showing.add(row);
  return showing.finish();
}

}  // namespace

int run_wire_play(WirePlayOptions options) {
  options.output.watched = options.control || options.hold > 0;
  const wire::ScenarioText* text = wire_text(options.scenario);
  if (text != nullptr) options.output.explanation = in(wire_language(options.output.language), text->body);
  const WireExpectation expectation(options.expect, wire_language(options.output.language));
  WireShowing showing(options.output, options.pace, options.pcapng, options.vantage, &expectation);
  explain(options, text, showing);
  try {
    play(*wire::find_scenario(options.scenario), text ? text->title : wire::Text{}, options.seed,
         lab_options(options, showing));
  } catch (const wire::kernel::Unavailable& e) {
    return play_recording(options, e, showing);
  }
  return showing.finish();
}

}  // namespace loquat::tool
