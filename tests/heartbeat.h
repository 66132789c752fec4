// heartbeat.h - one call against a hostile peer while a fiber of the same worker beats: does it block the worker, or
// spin?
//
// A Case is data: a call, a situation, and how to make both. try_case() makes the Scene in a lane (a fiber on epoll or
// io_uring, or a plain thread), starts the call and counts beats: sleeps of 1 ms in another fiber of that worker, or of
// the test's own thread where the call has a thread to itself. Only after 20 beats the hostile side lets go. So a
// blocked worker is a time-out of seconds, whatever the machine does meanwhile. From the first beat to the last one the
// process uses next to no CPU: a call that tries again and again uses a whole millisecond for each beat.
//
//   Threads   make() and call() run in the lane, let_go() in a thread of its own, and the test's thread is the
//             watchdog.
//   Lifetime  The Scene is destroyed when the lane has ended.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "loquat/time.h"

namespace loquat::heartbeat {

// Before the hostile side lets go, the call: does not end; may end; ends.
enum class Waits { yes, maybe, no };

// What let_go() may do to the call and know of it.
class Hold {
 public:
  virtual ~Hold() = default;
  // Cancels the call's fiber.
  virtual void cancel() = 0;
  virtual bool ended() = 0;
};

struct Scene {
  // The public call. Returns what came of it in a word.
  std::function<std::string()> call;
  std::function<void(Hold&)> let_go = [](Hold&) {};
  // That word, or what the call throws: "EBADF", "Cancelled", "gaierror". Alternatives: "EPIPE|ECONNRESET".
  std::string ends;
  // After a fault: lets a blocked worker go, where let_go() is not meant to, so that the rest of the table can run.
  std::function<void()> rescue = [] {};
};

struct Case {
  std::string situation;
  std::string call;
  std::function<Scene()> make;
  Waits waits = Waits::yes;
  bool in_threads = true;  // there are calls that only fibers make
};

struct Verdict {
  std::string fault;  // empty: as it should be
  std::string ended;  // the call's word
  int beats = 0;
  double cpu = 0;  // milliseconds, from the first beat to the last
};

// lane: "epoll", "uring" or "threads". A lane that stands still for longer than `patience` is blocked. Ends the process
// if the call does not return even then.
Verdict try_case(const Case& one, const std::string& lane, Duration patience);

// The tables, one of each file.
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
