#include "control.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>

#include <fmt/core.h>

#include "loquat/fiber.h"
#include "wire/text/json_writer.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

using std::chrono::milliseconds;

// Lines of standard input, whatever kind of file it is. It is polled every few milliseconds: a thread that waits in
// read() could not be stopped when the scenario ends.
class CommandLines {
 public:
  // Nothing at the end of the input.
  std::optional<std::string> next() {
    for (;;) {
      if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
        std::string line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        return line;
      }
      pollfd input{STDIN_FILENO, POLLIN, 0};
      if (::poll(&input, 1, 0) <= 0) {
        sleep(milliseconds(5));
        continue;
      }
      char bytes[512];
      const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
      if (got <= 0) return {};
      pending_.append(bytes, static_cast<std::size_t>(got));
    }
  }

 private:
  std::string pending_;
};

[[noreturn]] void quit() {
  std::fflush(nullptr);
  std::_Exit(0);  // the hosts end with the process
}

std::string no_frame(int number) { return "no frame #" + std::to_string(number) + " is on the wire"; }

std::string decide(wire::Wire& wire, const std::string& verb, std::istringstream& words) {
  int number = 0;
  if (!(words >> number)) return verb + " needs the number of a frame";
  if (verb == "delay") {
    int by = 0;
    if (!(words >> by) || by < 0 || by > 60000) return "delay needs milliseconds, at most 60000";
    return wire.deliver(number, milliseconds(by)) ? "" : no_frame(number);
  }
  const bool done = verb == "drop"        ? wire.drop(number)
                    : verb == "duplicate" ? wire.duplicate(number)
                                          : wire.deliver(number);
  return done ? "" : no_frame(number);
}

std::string set_speed(wire::Wire& wire, std::istringstream& words) {
  double speed = 0;
  if (!(words >> speed) || !(speed >= 0.01 && speed <= 1000)) return "speed needs a number from 0.01 to 1000";
  const auto latency = std::chrono::duration_cast<Duration>(steered_latency / speed);
  wire.latency(std::min<Duration>(latency, milliseconds(450)));
  return {};
}

}  // namespace

std::string run_command(wire::Wire& wire, const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "quit") quit();
  if (verb == "play" || verb == "pause") {
    wire.pause(verb == "pause");
    return {};
  }
  if (verb == "step") return wire.step() ? "" : "nothing is on the wire";
  if (verb == "speed") return set_speed(wire, words);
  if (verb == "deliver" || verb == "drop" || verb == "duplicate" || verb == "delay") return decide(wire, verb, words);
  return "'" + verb + "' is no command: step, play, pause, deliver, drop, duplicate, delay, speed, quit";
}

void control_lab(wire::Lab& lab) {
  lab.wire().latency(steered_latency);
  lab.wire().pause(true);
  CommandLines lines;
  while (const auto line = lines.next()) {
    const std::string wrong = run_command(lab.wire(), *line);
    if (wrong.empty()) continue;
    fmt::print("{}\n",
               wire::json_object([&](wire::JsonObject& json) { json.put("type", "error").put("text", wrong); }));
    std::fflush(stdout);
  }
  quit();
}

void tell_held(const wire::Lab& lab, int number, wire::Language language) {
  namespace texts = wire::texts;
  fmt::print(stderr, "{}\n", in(language, texts::frame_is_held(number)));
  for (const wire::Side side : {wire::Side::client, wire::Side::server})
    fmt::print(stderr, "  nsenter -t {0} -U --net=/proc/{0}/fd/{1} --preserve-credentials ss -tan   # {2}\n",
               ::getpid(), lab.network().namespace_fd(side),
               in(language, side == wire::Side::client ? texts::column_client : texts::column_server));
  fmt::print(stderr, "{}\n", in(language, texts::enter_delivers));
}

void tell_no_lab(const wire::kernel::Unavailable& why, wire::Language language) {
  fmt::print(stderr, "loquat: {}\n{}\n", in(language, wire::texts::no_lab_here(why.reason())),
             in(language, wire::texts::remedy_is(why.remedy())));
}

void deliver_at_enter(wire::Lab& lab, int number, wire::Language language) {
  while (!lab.wire().is_stopped(number)) sleep(milliseconds(1));
  if (!CommandLines().next()) fmt::print(stderr, "{}\n", in(language, wire::texts::held_until_input_ended(number)));
  lab.wire().deliver(number);
  lab.wire().pause(false);
}

}  // namespace loquat::tool
