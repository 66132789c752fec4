// inspect.h - what the fibers of a run are doing.
//
//   std::cerr << loquat::fibers_text();
//
//   4 fibers on 2 workers
//     1 main, on worker 0, sleep since 3.2 s, stack 1 of 59 KiB
//       3 src/server.cc:40, on worker 0, accept on 5 (127.0.0.1:7777) since 3.2 s, stack 2 of 59 KiB
//         9 client 7, src/server.cc:44, on worker 0, recv on 8 (127.0.0.1:7777 - 127.0.0.1:40112) since 40 ms, ...
//       4 src/server.cc:52, on worker 1, Queue::get since 3.2 s, stack 1 of 59 KiB
//
// True of every call in this file:
//   Where     In a fiber of run() or simulate(); elsewhere they throw std::logic_error.
//   Moment    Each worker looks at its own fibers between two of them, so the lists of two workers are not of one
//             moment.
//   Cost      About a microsecond for each fiber, and two system calls for each that waits for a socket. Otherwise
//             nothing is collected: a wait notes its name and the time at which its worker's turn began.
//
// Layer: list (docs/layers.txt).  Source: gevent.util.GreenletTree, gevent.util.format_run_info.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "loquat/time.h"

namespace loquat {

struct FiberInfo {
  enum class State : std::uint8_t { ready, running, waiting };

  std::uint64_t number = 0;  // in its run, from 1, never used again
  std::uint64_t parent = 0;  // the fiber that spawned it, which may have ended; 0 for the main fiber
  std::size_t worker = 0;
  std::string name;     // set_fiber_name() (fiber.h)
  std::string spawned;  // "src/server.cc:40", or the type of its function
  State state = State::ready;
  std::string call;            // what it waits in: "recv", "Queue::get", "sleep"; empty unless it waits
  int descriptor = -1;         // what it waits for; -1: no descriptor
  std::string addresses;       // of that descriptor, if it is a socket: "127.0.0.1:7777 - 127.0.0.1:40112"
  Duration waited{};           // for how long
  std::size_t stack_used = 0;  // bytes from the top of its stack to where it stands
  std::size_t stack_size = 0;  // 0: it has not begun
};

// All fibers of the caller's run, in order of their numbers. A worker that does not answer within `patience`, because a
// fiber holds it, is left out.
std::vector<FiberInfo> fibers(AnyDuration patience = std::chrono::seconds(1));

// The same as text, each fiber below the one that spawned it, at most `lines` of them, and a line for each worker that
// does not answer. Control characters in names are replaced.
std::string fibers_text(std::size_t lines = 1000, AnyDuration patience = std::chrono::seconds(1));

}  // namespace loquat
