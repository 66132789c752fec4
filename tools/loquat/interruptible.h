// interruptible.h - Ctrl-C for a subcommand whose work is one fiber: first politely, then at once.
#pragma once

#include <functional>

#include "loquat/signals.h"
#include "loquat/time.h"

namespace loquat::tool {

// Runs body() in a fiber and returns true when it has ended; throws what it threw. At a signal the fiber is cancelled,
// and false returned when it has ended. It has as long for that as patience() says then; when that is over, or at a
// second signal, the terminal is put back as it was and the process exits with 1.
bool run_interruptible(Signals& signals, const std::function<void()>& body, const std::function<Duration()>& patience);

}  // namespace loquat::tool
