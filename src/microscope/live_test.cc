// Labs behind a WebSocket: who may start one, what is passed on, and that none is left. The lab is a shell script here,
// because how a real one behaves is not the matter; tests/browser drives real ones.
#include "microscope/live.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "codec/websocket/websocket.h"
#include "http/http_test_client.h"
#include "microscope/child.h"

namespace loquat::microscope {
namespace {

using namespace std::chrono_literals;
using http::Client;
using http::Site;
using nlohmann::json;

// Says its number and its arguments, then echoes commands until "quit".
const std::vector<std::string> echoing{"/bin/sh", "-c",
                                       "printf '{\"pid\":%s,\"args\":\"%s\"}\\n' $$ \"$*\"; "
                                       "while read -r line; do [ \"$line\" = quit ] && { echo enough >&2; exit 4; }; "
                                       "echo \"{\\\"did\\\":\\\"$line\\\"}\"; done",
                                       "lab"};

// A browser's end of /live.
class Browser {
 public:
  explicit Browser(const Site& site)
      : client_(site.connect()), ws_(codec::WebSocket::Side::client, {}, [] { return 7u; }) {
    client_.send(
        "GET /live HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    std::size_t end = std::string::npos;
    while ((end = client_.pending().find("\r\n\r\n")) == std::string::npos) {
      if (!client_.more()) return;
    }
    feed(client_.pending().substr(end + 4));
  }
  void say(std::string_view line) {
    ws_.send(codec::WebSocketOpcode::text, line);
    client_.send(ws_.take_output());
  }
  // The next line; null at the end.
  json next() {
    while (events_.empty()) {
      client_.pending().clear();
      if (!client_.more()) return nullptr;
      feed(client_.pending());
    }
    const codec::WebSocketEvent event = std::move(events_.front());
    events_.erase(events_.begin());
    if (event.kind == codec::WebSocketEvent::Kind::close) code = event.code;
    if (event.kind == codec::WebSocketEvent::Kind::text) return json::parse(event.payload);
    return event.kind == codec::WebSocketEvent::Kind::close ? json() : next();
  }
  json ask(std::string_view line) {
    say(line);
    return next();
  }
  int code = 0;  // of the Close

 private:
  void feed(std::string_view bytes) {
    for (auto& event : ws_.feed(bytes)) events_.push_back(std::move(event));
  }
  Client client_;
  codec::WebSocket ws_;
  std::vector<codec::WebSocketEvent> events_;
};

http::Handler door(Labs& labs, bool trusted) {
  return [&labs, trusted](http::Request& request, http::Response& response) {
    http::WebSocket socket = http::accept_websocket(request, response);
    labs.serve(socket, {trusted, [](auto key) { return key == "k7fd"; }, [](auto name) { return name == "close"; }});
  };
}

bool lives(pid_t pid) { return ::kill(pid, 0) == 0; }

template <class F>
void with_labs(F&& body, bool trusted = true, const LabLimits& limits = {},
               const std::vector<std::string>& command = echoing) {
  loquat::run([&] {
    Labs labs(command, limits);
    Site site(door(labs, trusted));
    body(site, labs);
  });
}

TEST(Labs, LabIsStartedCommandedAndReaped) {
  with_labs([](Site& site, Labs&) {
    Browser browser(site);
    const json first = browser.ask("start close");
    EXPECT_EQ(first["args"], "close --format json --control");
    EXPECT_EQ(browser.ask("drop 2")["did"], "drop 2");
    EXPECT_EQ(browser.ask("delay 3 50")["did"], "delay 3 50");
    const json over = browser.ask("quit");
    EXPECT_EQ(over, (json{{"type", "over"}, {"status", 4}, {"reason", "ended"}, {"text", "enough\n"}}));
    EXPECT_FALSE(lives(first["pid"].get<pid_t>()));
    EXPECT_EQ(browser.ask("start close")["args"], first["args"]);
  });
}

TEST(Labs, NewStartEndsTheOldLab) {
  with_labs([](Site& site, Labs&) {
    Browser browser(site);
    const auto old = browser.ask("start close")["pid"].get<pid_t>();
    EXPECT_TRUE(lives(old));
    EXPECT_NE(browser.ask("start close")["pid"].get<pid_t>(), old);
    EXPECT_FALSE(lives(old));
  });
}

TEST(Labs, ClosingTheWebSocketEndsTheLab) {
  pid_t pid = 0;
  with_labs([&](Site& site, Labs&) { pid = Browser(site).ask("start close")["pid"].get<pid_t>(); });
  EXPECT_FALSE(lives(pid));
}

TEST(Labs, StopEndsAll) {
  with_labs([](Site& site, Labs& labs) {
    Browser browser(site);
    const auto pid = browser.ask("start close")["pid"].get<pid_t>();
    labs.stop();
    EXPECT_TRUE(browser.next().is_null());
    while (lives(pid)) sleep(1ms);
    EXPECT_TRUE(Browser(site).next().is_null());  // and whoever comes later
  });
}

TEST(Labs, VisitorNeedsTheKey) {
  with_labs(
      [](Site& site, Labs&) {
        Browser browser(site);
        const json answer = browser.ask("start close");
        EXPECT_EQ(answer["reason"], "stranger");
        EXPECT_FALSE(answer["text_zh"].get<std::string>().empty());
        EXPECT_EQ(browser.ask("key wrong")["reason"], "key");
        EXPECT_EQ(browser.ask("key k7fd")["type"], "welcome");
        EXPECT_EQ(browser.ask("start close")["args"], "close --format json --control");
        Browser guesser(site);
        for (int i = 0; i < 3; ++i) EXPECT_EQ(guesser.ask("key " + std::to_string(i))["reason"], "key");
        EXPECT_TRUE(guesser.next().is_null());
        EXPECT_EQ(guesser.code, 1008);
      },
      false);
}

TEST(Labs, UnknownCommandsReachNoLab) {
  with_labs([](Site& site, Labs&) {
    Browser browser(site);
    EXPECT_EQ(browser.ask("start ../etc/passwd")["reason"], "unknown");
    EXPECT_EQ(browser.ask("start close --format html")["reason"], "unknown");
    browser.ask("start close");
    for (const char* line :
         {"", "drop", "drop x", "drop -1", "drop 1 2", "drop 1\nquit", "delay 1", "delay 1 60001", "speed 0",
          "speed nan", "speed inf", "speed 1e9", "rm -rf /", "step 1", "STEP", "deliver 1000000"}) {
      EXPECT_EQ(browser.ask(line)["reason"], "command") << line;
    }
    for (const char* line : {"step", "play", "pause", "deliver 1", "duplicate 12", "delay 1 60000", "speed 0.25"}) {
      EXPECT_EQ(browser.ask(line)["did"], line);
    }
  });
}

TEST(Labs, LabsAreLimited) {
  LabLimits limits;
  limits.max_labs = 2;
  with_labs(
      [](Site& site, Labs&) {
        Browser a(site), b(site), c(site);
        a.ask("start close");
        b.ask("start close");
        EXPECT_EQ(c.ask("start close")["reason"], "busy");
        EXPECT_EQ(a.ask("quit")["type"], "over");
        EXPECT_TRUE(c.ask("start close").contains("pid"));
      },
      true, limits);
}

// What is said of a lab that nobody ends.
json end_under(const LabLimits& limits) {
  json line;
  with_labs(
      [&](Site& site, Labs&) {
        Browser browser(site);
        browser.say("start close");
        while ((line = browser.next()).contains("pid")) {
        }
      },
      true, limits);
  return line;
}

TEST(Labs, LabWithoutCommandsEnds) {
  LabLimits limits;
  limits.idle = 1ms;
  const json over = end_under(limits);
  EXPECT_EQ(over["reason"], "idle");
  EXPECT_EQ(over["status"], 128 + SIGKILL);
}

TEST(Labs, LabEndsAfterItsTime) {
  LabLimits limits;
  limits.max_time = 1ms;
  EXPECT_EQ(end_under(limits)["reason"], "long");
}

TEST(Labs, MissingProgramIsReported) {
  with_labs(
      [](Site& site, Labs&) {
        Browser browser(site);
        for (int i = 0; i < 5; ++i) {  // none of them keeps a seat
          const json line = browser.ask("start close");
          EXPECT_EQ(line["type"], "over");
          EXPECT_NE(line["text"].get<std::string>().find("No such file"), std::string::npos) << line;
        }
      },
      true, {}, {"/nowhere/loquat"});
}

TEST(Child, InheritsOnlyItsStreams) {
  loquat::run([] {
    Socket other(AF_INET);
    other.set_inheritable(true);
    ::setenv("LOQUAT_SECRET", "x", 1);
    Child child({"/bin/sh", "-c", "[ -e /proc/$$/fd/$0 ] && echo open; echo ${LOQUAT_SECRET:-none} $LC_ALL",
                 std::to_string(other.fileno())});
    std::string said;
    for (std::string part; !(part = child.io().recv(100)).empty();) said += part;
    EXPECT_EQ(said, "none C.UTF-8\n");
    EXPECT_EQ(child.finish(60s), 0);
  });
}

TEST(Child, ItsChildrenEndWithIt) {
  loquat::run([] {
    pid_t grandchild = 0;
    {
      Child child({"/bin/sh", "-c", "sleep 600 & echo $!; wait"});
      grandchild = std::stoi(child.io().recv(100));
      EXPECT_TRUE(lives(grandchild));
    }
    // Whoever adopts it reaps it; until then it is a zombie.
    const std::string stat = "/proc/" + std::to_string(grandchild) + "/stat";
    for (bool gone = false; !gone; sleep(1ms)) {
      std::FILE* file = std::fopen(stat.c_str(), "r");
      char state = 'X';
      if (file != nullptr) {
        std::fscanf(file, "%*d %*s %c", &state);
        std::fclose(file);
      }
      gone = state == 'X' || state == 'Z';
    }
  });
}

}  // namespace
}  // namespace loquat::microscope
