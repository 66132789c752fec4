// heartbeat.h - checks whether a call against a hostile peer blocks its worker or spins.
//
// A Case is data: a call, a situation, and how to make both. try_case() makes the Scene in a lane (a fiber on epoll or
// io_uring, or a plain thread), starts the call and counts beats. A beat is a sleep of 1 ms in another fiber of the
// same worker, or in the test's own thread if the call has a thread to itself. The hostile side lets go only after 20
// beats. So a blocked worker shows as a timeout of seconds, however busy the machine is. Between the first and the last
// beat the process uses almost no CPU; a call that retries in a loop uses a whole millisecond per beat.
//
//   Threads   make() and call() run in the lane, let_go() in a thread of its own, and the test's thread is the
//             watchdog.
//   Lifetime  try_case() destroys the Scene after the lane has ended.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "loquat/time.h"

namespace loquat::heartbeat {

// Whether the call must still wait when the hostile side lets go, may have ended, or must have ended.
enum class Waits { yes, maybe, no };

// The call, as let_go() sees it.
class Hold {
 public:
  virtual ~Hold() = default;
  // Cancels the call's fiber.
  virtual void cancel() = 0;
  virtual bool ended() = 0;
};

struct Scene {
  // The public call. Returns its result in one word.
  std::function<std::string()> call;
  std::function<void(Hold&)> let_go = [](Hold&) {};
  // The expected word, or the error that the call throws: "EBADF", "Cancelled", "gaierror". Alternatives:
  // "EPIPE|ECONNRESET".
  std::string ends;
  // After a fault, wakes a blocked worker if let_go() does not, so that the rest of the table can run.
  std::function<void()> rescue = [] {};
};

struct Case {
  std::string situation;
  std::string call;
  std::function<Scene()> make;
  Waits waits = Waits::yes;
  bool in_threads = true;  // false for a call that only fibers make
};

struct Verdict {
  std::string fault;  // empty: none
  std::string ended;  // the call's result
  int beats = 0;
  double cpu = 0;  // milliseconds, from the first beat to the last
};

// `lane` is "epoll", "uring" or "threads". A lane without progress for longer than `patience` is blocked. Ends the
// process if the call does not return even after rescue().
Verdict try_case(const Case& one, const std::string& lane, Duration patience);

// The tables, one per file.
using Cases = std::vector<Case>;
void add_receiving(Cases& cases);
void add_sending(Cases& cases);
void add_connecting(Cases& cases);
void add_closing(Cases& cases);
void add_files(Cases& cases);
void add_names(Cases& cases);
void add_sync(Cases& cases);
void add_tls(Cases& cases);
void add_http(Cases& cases);

}  // namespace loquat::heartbeat
