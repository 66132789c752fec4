// interruptible.h - Ctrl-C for a subcommand that runs in one fiber: the first signal cancels it, the second exits.
#pragma once

#include <functional>

#include "loquat/signals.h"
#include "loquat/time.h"

namespace loquat::tool {

// Runs body() in a fiber. Returns true when body() returns, and rethrows what it throws. A signal cancels the fiber;
// the call then returns false when the fiber has ended. If that takes longer than grace_period(), which is called at
// the signal, or if a second signal comes, it restores the terminal's settings and exits the process with status 1.
bool run_interruptible(Signals& signals, const std::function<void()>& body,
                       const std::function<Duration()>& grace_period);

}  // namespace loquat::tool
