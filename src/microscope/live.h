// live.h - a lab that a browser watches and controls: a child process runs it, a WebSocket carries its lines.
//
//   To us      "key KEY", "start NAME", then commands of `loquat wire play --control`: step, play, pause, deliver N,
//              drop N, duplicate N, delay N MS, speed X, quit. One per message.
//   From us    Each line of the trace as it is (JSON, "loquat.wire/1"), and lines of our own:
//              {"type":"refused","reason":"stranger"|"key"|"busy"|"unknown"|"command","text","text_zh"}
//              {"type":"welcome"}    the key was right
//              {"type":"over","status":N,"reason":"ended"|"idle"|"long","text"}   the lab ended; its standard error
//   Limits     LabLimits. Each WebSocket has one lab at a time; a new "start" ends the old one.
//   Threads    Any number of workers may use one Labs.
//
// Layer: microscope (docs/layers.txt).
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/sync.h"
#include "loquat/time.h"
#include "loquat/websocket.h"

namespace loquat::microscope {

struct LabLimits {
  std::size_t max_labs = 3;                       // at a time
  Duration idle = std::chrono::seconds(30);       // without a command
  Duration max_time = std::chrono::seconds(300);  // in all
  std::size_t max_wrong_keys = 3;                 // of one WebSocket
};

// What the visitor at the other end of a WebSocket may do.
struct LabVisitor {
  bool trusted = false;                             // may start labs
  std::function<bool(std::string_view)> knows_key;  // makes the visitor trusted
  std::function<bool(std::string_view)> is_scenario;
};

class Labs {
 public:
  // A lab is `command` NAME --format json --control.
  explicit Labs(std::vector<std::string> command, LabLimits limits = {});

  // Serves one WebSocket to its end.
  void serve(http::WebSocket& socket, LabVisitor visitor);
  // Ends all labs, and refuses further ones. Does not wait.
  void stop() noexcept;

 private:
  class Seat;
  class Session;
  class Run;
  class Presence;

  std::vector<std::string> command_;
  LabLimits limits_;
  Semaphore seats_;
  std::mutex mutex_;
  std::set<http::WebSocket*> present_;
  bool stopping_ = false;
};

// Whether a line is one of the commands above, with numbers in range.
bool is_lab_command(std::string_view line) noexcept;

}  // namespace loquat::microscope
