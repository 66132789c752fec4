// test_house.h - a whole server in the simulated World, and somebody at its door.
//
// Layer: doors (tests only).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "chat/memory_archive.h"
#include "doors/front.h"
#include "loquat/fiber.h"
#include "loquat/testing.h"

namespace loquat::doors {

using namespace std::chrono_literals;

// For tests that are not about floods: clients may send as fast as they like.
inline Options without_flood_limit() {
  Options options;
  options.flood_rate = 0;
  return options;
}

class ListSink : public LogSink {
 public:
  void write(LogLevel level, std::string_view line) noexcept override {
    const std::lock_guard lock(mutex_);
    lines.push_back((level == LogLevel::debug ? "debug " : "") + std::string(line));
  }
  std::size_t count(std::string_view what) const {
    std::size_t n = 0;
    for (const std::string& line : lines) n += line.find(what) != std::string::npos;
    return n;
  }
  std::vector<std::string> lines;

 private:
  std::mutex mutex_;
};

// The server, at port 7777 of every worker. GET / is answered with "the page".
class House {
 public:
  explicit House(Options options = without_flood_limit(), chat::LogOptions log_options = {})
      : log(archive, std::move(log_options)), context{log, std::move(options), &sink} {
    front.serve(create_servers({"", 7777}, workers()));
  }
  ~House() {
    front.stop("the test is over");
    EXPECT_TRUE(front.wait_stopped(60s));
  }

  // Who is in the lobby, as the hub of this worker sees it.
  std::vector<std::string> people() {
    std::vector<std::string> nicks;
    const chat::Room* lobby = log.hub().room("#lobby");
    for (const chat::Person* person : lobby != nullptr ? lobby->members : std::vector<chat::Person*>())
      nicks.push_back(person->nick);
    return nicks;
  }
  // What has been said in the lobby: "nick: text".
  std::vector<std::string> said() {
    std::vector<std::string> lines;
    for (const auto& event : archive.latest("#lobby", 100'000)) lines.push_back(event.nick + ": " + event.text);
    return lines;
  }

  ListSink sink;
  chat::MemoryArchive archive;
  chat::Log log;
  Context context;
  std::vector<std::string> web_requests;
  http::Server web{[this](http::Request& request, http::Response& response) {
    web_requests.push_back(std::string(request.method()) + " " + std::string(request.body()));
    response.send("the page");
  }};
  Front front{context, web};
};

// Somebody who has connected.
class Somebody {
 public:
  explicit Somebody(const char* from = "127.0.0.1") : socket_(AF_INET) {
    socket_.bind({from, 0});
    socket_.connect({"127.0.0.1", 7777});
  }

  void send(std::string_view bytes) { socket_.sendall(bytes); }
  // Waits until `text` has come and returns all up to its end.
  std::string expect(std::string_view text, Duration timeout = 10s) {
    std::size_t at;
    while ((at = got_.find(text)) == std::string::npos) {
      const std::string part = socket_.wait_readable(timeout) ? socket_.recv(65536) : "";
      if (part.empty()) {
        ADD_FAILURE() << "waited for: " << text << "\ngot: " << got_;
        return {};
      }
      got_ += part;
    }
    std::string all = got_.substr(0, at + text.size());
    got_.erase(0, all.size());
    return all;
  }
  // As Python's recv(512) some time after the bytes have come; "" at the end of stream and if nothing comes for a
  // minute.
  std::string recv512() {
    if (!socket_.wait_readable(60s)) return {};
    sleep(5ms);
    return socket_.recv(512);
  }
  // Everything until the end of stream.
  std::string rest() {
    try {
      for (std::string part; socket_.wait_readable(120s) && !(part = socket_.recv(65536)).empty();) got_ += part;
    } catch (const OSError& e) {
      ADD_FAILURE() << e.what() << " after: " << got_;
    }
    return std::exchange(got_, {});
  }
  // What comes within `time`.
  std::string during(Duration time) {
    const TimePoint end = now() + time;
    while (socket_.wait_readable(end - now())) {
      const std::string part = socket_.recv(65536);
      if (part.empty()) break;
      got_ += part;
    }
    return std::exchange(got_, {});
  }
  void end_input() { socket_.shutdown(SHUT_WR); }
  Socket& socket() { return socket_; }

 private:
  Socket socket_;
  std::string got_;
};

// Somebody in line mode who is called `nick`.
inline std::unique_ptr<Somebody> terminal(const std::string& nick) {
  auto somebody = std::make_unique<Somebody>();
  somebody->send("/nick " + nick + "\n");
  somebody->expect("You are called " + nick + " now\n");
  return somebody;
}

// Waits, at most a minute, until `what` is true.
inline void eventually(const std::function<bool()>& what, const char* name = "it") {
  for (int i = 0; i < 60'000 && !what(); ++i) sleep(1ms);
  EXPECT_TRUE(what()) << name << " never happened";
}

// Runs body() on a few seeds.
inline void simulated(const std::function<void()>& body, std::size_t workers = 2, std::size_t max_seeds = 8) {
  for (const std::uint64_t seed : testing::seeds(max_seeds)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    testing::SimOptions options;
    options.workers = workers;
    testing::simulate(seed, body, options);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace loquat::doors
