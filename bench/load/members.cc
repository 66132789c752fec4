// members.cc - one room full of IRC clients, and lines said there.
//
//   bench_load members --to HOST:PORT --pid PIDS --members 1000
//
// Prints "ready" when all are in the room. Then each line "IN_FLIGHT SECONDS" of standard input is one measurement: the
// members speak in turn, and at most IN_FLIGHT lines have been sent and not reached everybody else.
// Prints "units N seconds S cpu NS" for it: N is deliveries, lines times (members - 1).
#include <algorithm>

#include "load.h"

namespace load {

namespace {

constexpr char line_mark = '`';  // once in every line that is said, nowhere else (a "~" is in ngircd's prefixes)

class Room {
 public:
  explicit Room(const Arguments& arguments) : crowd_(arguments.text("to")) {
    const std::size_t members = arguments.number("members");
    for (std::size_t i = 0; i < members; ++i) join();
    settle();
  }

  // Speaks for `seconds`, then waits until all is delivered. Returns deliveries.
  std::size_t run(std::size_t in_flight, double seconds) {
    in_flight_ = in_flight;
    const double end = now() + seconds;
    const std::size_t before = delivered_;
    crowd_.loop([this](Connection& member, std::string_view bytes) { count(member, bytes); },
                [this, end] {
                  if (now() < end) speak();
                  return now() >= end && delivered_ == expected_;
                });
    return delivered_ - before;
  }

 private:
  void join() {
    Connection& member = crowd_.connect();
    const std::string nick = "m" + std::to_string(member.number);
    send_all(member, "NICK " + nick + "\r\nUSER " + nick + " 0 * :bench\r\n");
    wait_for(member, " 376 ", " 422 ");
    send_all(member, "JOIN #bench\r\n");
    wait_for(member, " 366 ", " 366 ");
  }

  void wait_for(const Connection& member, std::string_view one, std::string_view other) {
    std::string heard;
    crowd_.loop(
        [&](Connection& connection, std::string_view bytes) {
          if (connection.number == member.number) heard += bytes;
        },
        [&] { return heard.find(one) != std::string::npos || heard.find(other) != std::string::npos; });
  }

  // The last member's JOIN reaches everybody before what is said after it.
  void settle() {
    speak();
    crowd_.loop([this](Connection& member, std::string_view bytes) { count(member, bytes); },
                [this] { return delivered_ == expected_; });
  }

  void count(const Connection& member, std::string_view bytes) {
    if (bytes.starts_with("PING ") || bytes.find("\nPING ") != bytes.npos) send_all(member, "PONG bench\r\n");
    delivered_ += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), line_mark));
  }

  void speak() {
    const std::size_t others = crowd_.all().size() - 1;
    while (expected_ - delivered_ + others <= in_flight_ * others) {
      send_all(crowd_.all()[++speaker_ % crowd_.all().size()],
               "PRIVMSG #bench :` a line of ordinary length, as people write them when they talk to one another\r\n");
      expected_ += others;
    }
  }

  Crowd crowd_;
  std::size_t in_flight_ = 1;
  std::size_t expected_ = 0, delivered_ = 0, speaker_ = 0;
};

}  // namespace

void members(const Arguments& arguments) {
  Room room(arguments);
  answer_requests(arguments, [&](std::size_t in_flight, double seconds) { return room.run(in_flight, seconds); });
}

}  // namespace load
