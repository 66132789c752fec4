// bursts.cc - one room, where one member says many lines at once.
//
//   bench_load bursts --to HOST:PORT --pid PIDS --kind irc|websocket --members 100
//
// Prints "ready" when all are in the room. Then each line "IN_FLIGHT SECONDS" of standard input is one measurement: the
// first member sends IN_FLIGHT lines in one piece, and the next when all the others have received them.
// Prints "units N seconds S cpu NS" for it: N is deliveries, lines times (members - 1).
#include <algorithm>

#include "load.h"

namespace load {

namespace {

constexpr char burst_mark = '`';  // once in every line that is said, nowhere else
constexpr std::string_view web_ping("\x89\0", 2), web_pong("\x8A\x80\0\0\0\0", 6);

class Speech {
 public:
  explicit Speech(const Arguments& arguments)
      : crowd_(arguments.text("to")),
        web_(arguments.text("kind") == "websocket"),
        members_(arguments.number("members")) {
    for (std::size_t i = 0; i < members_; ++i) enter(crowd_, arguments, "#bench");
    run(1, 0);
  }

  // Speaks for `seconds`, once at least. Returns deliveries.
  std::size_t run(std::size_t in_flight, double seconds) {
    const std::string line = "PRIVMSG #bench :` a line of ordinary length, as people write them when they talk";
    std::string burst;
    for (std::size_t i = 0; i < in_flight; ++i) burst += web_ ? web_frame(line) : line + "\r\n";
    const double end = now() + seconds;
    const std::size_t before = delivered_;
    do {
      say(burst, in_flight);
    } while (now() < end);
    return delivered_ - before;
  }

 private:
  void say(const std::string& burst, std::size_t lines) {
    const std::size_t expected = delivered_ + lines * (members_ - 1);
    send_all(crowd_.all()[0], burst);
    crowd_.loop(
        [this](const Connection& member, std::string_view bytes) {
          if (bytes.find(web_ping) != bytes.npos) send_all(member, web_pong);
          delivered_ += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), burst_mark));
        },
        [&] { return delivered_ >= expected; });
  }

  Crowd crowd_;
  bool web_;
  std::size_t members_;
  std::size_t delivered_ = 0;
};

}  // namespace

void bursts(const Arguments& arguments) {
  Speech speech(arguments);
  answer_requests(arguments, [&](std::size_t in_flight, double seconds) { return speech.run(in_flight, seconds); });
}

}  // namespace load
