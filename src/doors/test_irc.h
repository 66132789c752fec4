// test_irc.h - for the tests of the doors: a server with a history in memory, and clients that speak and check.
//
// All of it runs inside of simulate(). A client that waits in vain for a line throws TimeoutError after a virtual
// minute.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/memory_archive.h"
#include "chat/session.h"
#include "codec/irc/message.h"
#include "codec/text/line_reader.h"
#include "codec/websocket/websocket.h"
#include "doors/irc/door.h"
#include "doors/peers/peer.h"
#include "doors/web/door.h"
#include "loquat/fiber.h"
#include "loquat/testing.h"

namespace loquat::doors::test {

// The capabilities that a client of today asks for.
inline constexpr const char* modern = "server-time message-tags echo-message batch labeled-response draft/chathistory";

inline constexpr std::string_view page_bytes = "<!doctype html><title>page</title>";
inline constexpr EmbeddedFile page_files[] = {
    {"/index.html", "text/html; charset=utf-8", page_bytes, {}, "abc", false},
};

// For tests that are not about floods: clients may send as fast as they like.
inline Options without_flood_limit() {
  Options options;
  options.flood_rate = 0;
  return options;
}

class Server {
 public:
  // `kept`: a history that outlives the server, in place of its own.
  explicit Server(const Options& options = without_flood_limit(), const chat::LogOptions& log_options = {},
                  chat::MemoryArchive* kept = nullptr)
      : log(kept != nullptr ? *kept : archive, log_options),
        context{log, options},
        web_door(context, page_files),
        http(web_door.handler()) {
    for (Socket* listener : {&irc_, &web_}) *listener = create_server({"127.0.0.1", 0});
    fibers_.push_back(spawn([this] {
      accept_all(irc_, [this](Socket& socket) { irc_door(context, socket, address_name(socket.getpeername())); });
    }));
    fibers_.push_back(spawn([this] { accept_all(web_, [this](Socket& socket) { http.serve_connection(socket); }); }));
  }
  ~Server() {
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
      fibers_[i].cancel();
      fibers_[i].join();
    }
  }

  Address irc_address() const { return irc_.getsockname(); }
  Address web_address() const { return web_.getsockname(); }

  chat::MemoryArchive archive;
  chat::Log log;
  Context context;
  WebDoor web_door;
  http::Server http;

 private:
  template <class F>
  void accept_all(Socket& listener, F serve) {
    for (std::size_t i = 0;; ++i) {
      auto socket = std::make_shared<Socket>(listener.accept());
      fibers_.push_back(spawn_on(i % workers(), [socket, serve] { serve(*socket); }));
    }
  }

  Socket irc_, web_;
  std::vector<Fiber<>> fibers_;
};

// One end of a conversation; the lines are without CR LF.
class Talker {
 public:
  virtual ~Talker() = default;
  virtual void send(std::string_view line) = 0;
  // Sends them in one piece.
  virtual void send_all(const std::vector<std::string>& lines) = 0;
  // The next line; nothing at the end of the connection.
  virtual std::optional<std::string> receive() = 0;

  // The next line that contains `part`; those before it are skipped.
  std::string expect(std::string_view part) {
    while (auto line = receive()) {
      if (line->find(part) != std::string::npos) return *line;
    }
    ADD_FAILURE() << "the connection ended before: " << part;
    return {};
  }
  // All lines up to the answer to a PING: what the server has said so far.
  std::vector<std::string> sync() {
    const std::string token = "sync" + std::to_string(++syncs_);
    send("PING " + token);
    std::vector<std::string> lines;
    while (auto line = receive()) {
      if (line->find("PONG") != std::string::npos && line->find(token) != std::string::npos) return lines;
      lines.push_back(*line);
    }
    ADD_FAILURE() << "the connection ended before its PONG";
    return lines;
  }
  // What the server answers to the line.
  std::vector<std::string> ask(std::string_view line) {
    send(line);
    return sync();
  }
  // Lines to the end of the connection.
  std::vector<std::string> rest() {
    std::vector<std::string> lines;
    while (auto line = receive()) lines.push_back(*line);
    return lines;
  }
  void enter(std::string_view nick, std::string_view caps = {}) {
    if (!caps.empty()) send("CAP REQ :" + std::string(caps));
    send("NICK " + std::string(nick));
    send("USER " + std::string(nick) + " 0 * :" + std::string(nick));
    if (!caps.empty()) send("CAP END");
    expect(" 376 ");
  }

 private:
  int syncs_ = 0;
};

class TcpTalker final : public Talker {
 public:
  explicit TcpTalker(const Server& server) : socket(AF_INET) {
    socket.settimeout(std::chrono::minutes(1));
    socket.connect(server.irc_address());
  }
  TcpTalker(const Server& server, std::string_view nick, std::string_view caps = {}) : TcpTalker(server) {
    enter(nick, caps);
  }
  void send(std::string_view line) override { socket.sendall(std::string(line) + "\r\n"); }
  void send_all(const std::vector<std::string>& lines) override {
    std::string bytes;
    for (const std::string& line : lines) (bytes += line) += "\r\n";
    socket.sendall(bytes);
  }
  std::optional<std::string> receive() override {
    for (;;) {
      if (const auto line = lines_.next(rest_)) {
        EXPECT_EQ(line->kind, codec::LineReader::Kind::line);
        return std::string(line->text);
      }
      bytes_ = socket.recv(4096);
      if (bytes_.empty()) return {};
      rest_ = bytes_;
    }
  }

  Socket socket;

 private:
  codec::LineReader lines_{16 * 1024};
  std::string bytes_;
  std::string_view rest_;
};

class WebTalker final : public Talker {
 public:
  explicit WebTalker(const Server& server, std::string_view protocols = "text.ircv3.net", std::string_view fields = {})
      : socket(AF_INET), ws_(codec::WebSocket::Side::client, {}, [] { return 0x01020304u; }) {
    socket.settimeout(std::chrono::minutes(1));
    socket.connect(server.web_address());
    std::string request =
        "GET /irc HTTP/1.1\r\nHost: 127.0.0.1:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!protocols.empty()) request += "Sec-WebSocket-Protocol: " + std::string(protocols) + "\r\n";
    socket.sendall(request + std::string(fields) + "\r\n");
    std::size_t end = std::string::npos;
    while ((end = head.find("\r\n\r\n")) == std::string::npos) {
      const std::string bytes = socket.recv(4096);
      if (bytes.empty()) return;
      head += bytes;
    }
    take(head.substr(end + 4));
    head.resize(end);
  }
  void send(std::string_view line) override { send_message(codec::WebSocketOpcode::text, line); }
  void send_all(const std::vector<std::string>& lines) override {
    for (const std::string& line : lines) ws_.send(codec::WebSocketOpcode::text, line);
    socket.sendall(ws_.take_output());
  }
  void send_message(codec::WebSocketOpcode opcode, std::string_view data) {
    ws_.send(opcode, data);
    socket.sendall(ws_.take_output());
  }
  std::optional<std::string> receive() override {
    while (next_ == events_.size()) {
      const std::string bytes = socket.recv(4096);
      if (bytes.empty()) return {};
      take(bytes);
    }
    codec::WebSocketEvent& event = events_[next_++];
    pongs += event.kind == codec::WebSocketEvent::Kind::pong;
    if (event.kind == codec::WebSocketEvent::Kind::ping || event.kind == codec::WebSocketEvent::Kind::pong)
      return receive();
    if (event.kind == codec::WebSocketEvent::Kind::close) {
      code = event.code;
      return {};
    }
    binary = event.kind == codec::WebSocketEvent::Kind::binary;
    EXPECT_EQ(event.payload.find_first_of("\r\n"), std::string::npos);
    return event.payload;
  }

  Socket socket;
  std::string head;       // of the answer
  std::size_t pongs = 0;  // received among the lines
  bool binary = false;    // whether the last message was
  int code = 0;           // of the Close

 private:
  void take(std::string_view bytes) {
    for (auto& event : ws_.feed(bytes)) events_.push_back(std::move(event));
    const std::string output = ws_.take_output();
    if (!output.empty()) socket.sendall(output);
  }

  codec::WebSocket ws_;
  std::vector<codec::WebSocketEvent> events_;
  std::size_t next_ = 0;
};

// Runs body(server) in the simulation, for some seeds.
template <class F>
void with_server(F body, const Options& options = without_flood_limit(), std::size_t workers = 1,
                 std::size_t seeds = 5) {
  for (const std::uint64_t seed : testing::seeds(seeds)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    testing::SimOptions sim;
    sim.workers = workers;
    testing::simulate(
        seed,
        [&] {
          Server server(options);
          body(server);
        },
        sim);
  }
}

// The lines, one under the other, for messages of failed tests and for finding things.
inline std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) (all += line) += '\n';
  return all;
}
inline std::size_t count(const std::vector<std::string>& lines, std::string_view part) {
  std::size_t n = 0;
  for (const std::string& line : lines) n += line.find(part) != std::string::npos;
  return n;
}
// The value of a tag in a line; empty if there is none.
inline std::string tag(std::string_view line, std::string_view key) {
  codec::IrcMessage message;
  if (codec::parse_irc(line, message, codec::IrcLimits::server_tags) != codec::IrcError::none) return {};
  return message.tag(key).value_or("");
}

}  // namespace loquat::doors::test
