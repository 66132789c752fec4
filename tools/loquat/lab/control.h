// control.h - a lab in the hands of whoever reads standard input, line by line.
//
//   --control   step | play | pause | deliver N | drop N | duplicate N | delay N MS | speed X | quit
//               The wire is paused at first. Nonsense is answered by {"type":"error","text":"..."} on standard output.
//               The end of the input ends the program.
//   --hold N    The wire stops at frame N until a line comes; meanwhile others may look into both hosts.
#pragma once

#include <string>

#include "wire/lab/lab.h"

namespace loquat::tool {

// How long a frame takes at speed 1 when somebody steers; less than half a second at any speed, since a SYN is sent
// again after one.
inline constexpr Duration kSteeredLatency = std::chrono::milliseconds(100);

// To be run as LabOptions::attend.
void steer(wire::Lab& lab);
// One command; what is wrong with it, or nothing.
std::string obey(wire::Wire& wire, const std::string& line);

// To be called as LabOptions::on_hold: says on standard error how others can look. Then, as LabOptions::attend, waits
// for a line and lets the frame go.
void tell_held(const wire::Lab& lab, int number);
void let_go_at_enter(wire::Lab& lab, int number);

}  // namespace loquat::tool
