// http_test_client.h - for tests: a server, and a client that sends exactly the given bytes, in every World.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http1/response.h"
#include "loquat/fiber.h"
#include "loquat/http.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/sync.h"
#include "loquat/testing.h"

namespace loquat::http {

using namespace std::chrono_literals;

// Tests of this class run on epoll, on io_uring and, under several seeds, in the simulation.
class InEveryWorld : public ::testing::TestWithParam<std::string> {
 protected:
  template <class F>
  void run(F&& body, std::size_t workers = 1) {
    if (GetParam() == "sim") {
      testing::SimOptions options;
      options.workers = workers;
      for (const std::uint64_t seed : testing::seeds(5)) {
        SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
        testing::simulate(seed, body, options);
      }
    } else {
      RunOptions options;
      options.workers = workers;
      options.poller = GetParam() == "epoll" ? PollerKind::epoll : PollerKind::uring;
      loquat::run(body, options);
    }
  }
};

inline auto world_name = [](const ::testing::TestParamInfo<std::string>& info) { return info.param; };

struct Answer {
  int status = 0;  // 0: the connection ended instead
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;

  std::string operator[](std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (codec::http_equal(key, name)) return value;
    }
    return {};
  }
};

class Client {
 public:
  explicit Client(const Address& address) : socket_(AF_INET) {
    socket_.settimeout(Duration(2000s));  // longer than any of the server's timeouts
    socket_.connect(address);
  }

  // Over an open connection.
  explicit Client(Socket socket) : socket_(std::move(socket)) {}

  Client& send(std::string_view bytes) {
    socket_.sendall(bytes);
    return *this;
  }
  // The next response. Its body may end with the connection.
  Answer answer(bool to_head = false) {
    Answer out;
    if (to_head) parser_.expect_no_body();
    for (;;) {
      const codec::HttpStep step = parser_.feed(pending_);
      out.body += step.data;
      if (step.event == codec::HttpEvent::head) {
        out.status = parser_.response().status();
        for (const auto& field : parser_.response().fields()) out.fields.emplace_back(field.name, field.value);
      }
      pending_.erase(0, step.consumed);
      if (step.event == codec::HttpEvent::complete) return out;
      if (step.event == codec::HttpEvent::error) return fail(out, step.reason);
      if (step.event == codec::HttpEvent::need_more && !more()) return end(out);
    }
  }
  Answer ask(std::string_view bytes) { return send(bytes).answer(); }
  Answer get(std::string_view target) { return ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: here\r\n\r\n"); }
  // All bytes until the server closes.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(pending_, {});
  }
  bool at_end() { return rest().empty(); }
  void end_sending() { socket_.shutdown(SHUT_WR); }
  Socket& socket() { return socket_; }
  std::string& pending() { return pending_; }
  bool more() {
    try {
      const std::string piece = socket_.recv(65536);
      pending_ += piece;
      return !piece.empty();
    } catch (const ConnectionResetError&) {
      reset_ = true;
      return false;
    }
  }
  bool was_reset() const { return reset_; }

 private:
  Answer end(Answer& out) {
    if (parser_.feed_eof().event == codec::HttpEvent::error) return fail(out, "cut short");
    return out;
  }
  static Answer fail(Answer& out, std::string_view why) {
    out.status = -1;
    out.body = why;
    return out;
  }

  Socket socket_;
  codec::ResponseParser parser_{{.body = 1u << 30}};
  std::string pending_;
  bool reset_ = false;
};

// A server on a port of its own. Its destructor waits for the handlers. So declare what they refer to before it, and
// its clients after it.
class Site {
 public:
  explicit Site(Handler handler, ServerOptions options = {})
      : Site(create_server({"127.0.0.1", 0}), std::move(handler), std::move(options)) {}
  Site(Socket listener, Handler handler, ServerOptions options = {})
      : listener_(std::move(listener)),
        address_(listener_.getsockname()),
        server_(std::move(handler), std::move(options)),
        fiber_(spawn([this] { server_.serve(listener_); })) {}
  ~Site() {
    server_.stop();
    fiber_.join();
    EXPECT_TRUE(server_.wait_stopped(60s)) << "a handler outlives its server";
  }
  Client connect() const { return Client(address_); }
  Server& server() { return server_; }
  const Address& address() const { return address_; }

 private:
  Socket listener_;
  Address address_;
  Server server_;
  Fiber<> fiber_;
};

// Runs the body in virtual time, under several seeds.
template <class F>
void simulated(F&& body) {
  for (const std::uint64_t seed : testing::seeds(3)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    testing::simulate(seed, body);
  }
}

// Keeps its lines.
struct MemoryLog : LogSink {
  void write(LogLevel, std::string_view line) noexcept override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

// Responds with method, target and body: "GET /x|body".
inline void echo(Request& request, Response& response) {
  response.send(std::string(request.method()) + " " + std::string(request.target()) + "|" +
                std::string(request.body()));
}

}  // namespace loquat::http
