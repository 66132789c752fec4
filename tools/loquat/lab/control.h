// control.h - controls a lab by commands on standard input, one per line.
//
//   --control   step | play | pause | deliver N | drop N | duplicate N | delay N MS | speed X | quit
//               The wire is paused at first. An invalid command is answered by {"type":"error","text":"..."} on
//               standard output. The end of the input ends the program.
//   --hold N    The wire stops at frame N until a line comes, or the end of the input; meanwhile others may look into
//               both hosts.
#pragma once

#include <string>

#include "wire/lab/lab.h"
#include "wire/text/language.h"

namespace loquat::tool {

// How long a frame takes at speed 1 when a lab is controlled. It is less than half a second at any speed, since a SYN
// is sent again after one.
inline constexpr Duration steered_latency = std::chrono::milliseconds(100);

// For LabOptions::attend.
void control_lab(wire::Lab& lab);
// Runs one command. Returns what is wrong with it, or an empty text.
std::string run_command(wire::Wire& wire, const std::string& line);

// tell_held() is for LabOptions::on_hold: it says on standard error how to look into both hosts. deliver_at_enter() is
// for LabOptions::attend: once the frame is held it waits for a line and delivers the frame. A line that came earlier
// counts; at the end of the input it says so on standard error.
void tell_held(const wire::Lab& lab, int number, wire::Language language);
void deliver_at_enter(wire::Lab& lab, int number, wire::Language language);

// Says on standard error why there can be no lab, and the remedy.
void tell_no_lab(const wire::kernel::Unavailable& why, wire::Language language);

}  // namespace loquat::tool
