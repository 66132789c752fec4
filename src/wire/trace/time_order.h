// time_order.h - sorts the rows of a trace by time.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include "wire/trace/trace.h"

namespace loquat::wire {

// The trace with each frame told twice, when it was sent (with the fate held) and when its fate was decided, all rows
// sorted by time; rows of the same time stay in their order. What tells no time (Begin, Counters) and the End stay
// before and after the others. So the ladder shows which frames crossed.
Trace in_order_of_time(const Trace& trace);

}  // namespace loquat::wire
