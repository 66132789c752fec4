// runtime.h - the worker behind the C ABI, and calls that run there.
//
//   1. In thread mode a call runs in the calling thread. In the other modes it is a fiber of one worker, and the
//      calling thread waits for it.
//   2. A signal in the waiting thread cancels the fiber; the caller waits on for its end.
//   3. The child of a fork(2) does not have the worker's thread. It drops the worker and starts another on first use.
//
// Layer: capi (docs/layers.txt).
#pragma once

#include <cstdint>

#include "loquat/detail/task.h"
#include "loquat/time.h"

namespace loquat::capi {

// "thread", "epoll", "uring": 0 or -errno. See loquat_run_in().
int run_in(const char* mode) noexcept;

enum class OnSignal { cancel, wait };

// Runs the call where the mode says. Returns 0 when it has returned, -EINTR if a signal has cancelled it, or the error
// that keeps the worker from starting. `call` throws nothing but Cancelled.
int make_call(sched::Callable call, OnSignal on_signal = OnSignal::cancel) noexcept;

// Starts a fiber that beats (heartbeat.h). -ENOTSUP in thread mode.
int begin_beating(Duration period) noexcept;

}  // namespace loquat::capi
