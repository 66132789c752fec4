// time_order.h - a trace whose rows stand where they happened.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include "wire/trace/trace.h"

namespace loquat::wire {

// The trace with each frame told twice, when it was sent (with the fate held) and when its fate was decided, all rows
// sorted by time; rows of the same time stay in their order. What tells no time (Begin, Counters) and the End stay
// before and after the others. From this the ladder sees which frames met on the way.
Trace in_order_of_time(const Trace& trace);

}  // namespace loquat::wire
