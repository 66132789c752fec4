// demo.cc - four kinds of client talk in one room of a real server, over real sockets. Then the server restarts.
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <random>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "archive/sqlite_archive.h"
#include "codec/websocket/handshake.h"
#include "codec/websocket/websocket.h"
#include "command.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "serve/server.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;

// A client in the room. Each kind sends a line in its own way; all see the others' lines.
class DemoClient {
 public:
  DemoClient(std::string name, const Address& server) : name_(std::move(name)), socket_(server.family()) {
    socket_.settimeout(10s);
    socket_.connect(server);
  }
  virtual ~DemoClient() = default;
  virtual void enter() = 0;
  virtual void say(const std::string& text) = 0;
  const std::string& name() const { return name_; }

  // Reads until `text` has arrived. Throws TimeoutError if it does not arrive, ConnectionResetError at end of stream.
  void wait_for(const std::string& text) {
    while (seen_.find(text) == std::string::npos) {
      std::string data = socket_.recv(4096);
      if (data.empty()) throw ConnectionResetError(ECONNRESET, {"waiting for '" + text + "'", {}, {}, 0});
      seen_ += decode(data);
    }
  }
  const std::string& seen() const { return seen_; }

 protected:
  virtual std::string decode(const std::string& data) { return data; }
  void send(const std::string& data) { socket_.sendall(data); }
  Socket& socket() { return socket_; }

 private:
  std::string name_;
  Socket socket_;
  std::string seen_;
};

// The tutorial's client of chapter 4: socket.send(msg.encode()), without a line end. It is in the room from its first
// message on.
class TutorialClient final : public DemoClient {
 public:
  using DemoClient::DemoClient;
  void enter() override {}
  void say(const std::string& text) override { send(text); }
};

class Netcat final : public DemoClient {
 public:
  using DemoClient::DemoClient;
  void enter() override { say("/nick netcat"); }
  void say(const std::string& text) override { send(text + "\n"); }
};

class IrcClient final : public DemoClient {
 public:
  using DemoClient::DemoClient;
  void enter() override {
    send("NICK irssi\r\nUSER irssi 0 * :an IRC client\r\nJOIN #lobby\r\n");
    wait_for(" 366 ");
  }
  void say(const std::string& text) override { send("PRIVMSG #lobby :" + text + "\r\n"); }
};

// What the page in a browser speaks: IRC, one line per WebSocket message.
class Browser final : public DemoClient {
 public:
  Browser(std::string name, const Address& server)
      : DemoClient(std::move(name), server), frames_(codec::WebSocket::Side::client, {}, [this] { return random_(); }) {
    std::array<std::byte, 16> key{};
    for (auto& byte : key) byte = static_cast<std::byte>(random_());
    std::string request;
    codec::append_websocket_request(request, server.str(), "/irc", key, "text.ircv3.net");
    send(request);
    std::string answer;
    while (answer.find("\r\n\r\n") == std::string::npos) {
      std::string byte = socket().recv(1);
      if (byte.empty()) break;
      answer += byte;
    }
    if (!answer.starts_with("HTTP/1.1 101")) throw std::runtime_error("the server refused a WebSocket: " + answer);
  }
  void enter() override {
    for (auto line : {"NICK browser", "USER browser 0 * :a browser", "JOIN #lobby"}) send_line(line);
    wait_for(" 366 ");
  }
  void say(const std::string& text) override { send_line("PRIVMSG #lobby :" + text); }

 private:
  void send_line(const std::string& line) {
    frames_.send(codec::WebSocketOpcode::text, line);
    send(frames_.take_output());
  }
  std::string decode(const std::string& data) override {
    std::string lines;
    for (auto& event : frames_.feed(data)) lines += event.payload + "\n";
    return lines;
  }
  std::random_device random_;
  codec::WebSocket frames_;
};

void show_chat(const Address& where) {
  fmt::print("\nFour clients in one room, on one port:\n");
  std::vector<std::unique_ptr<DemoClient>> clients;
  clients.push_back(std::make_unique<Netcat>("nc", where));
  clients.push_back(std::make_unique<IrcClient>("IRC client", where));
  clients.push_back(std::make_unique<Browser>("browser (WebSocket)", where));
  clients.push_back(std::make_unique<TutorialClient>("the tutorial's Python client", where));
  for (auto& client : clients) client->enter();
  const char* lines[] = {"你好 from netcat", "hello from IRC", "嗨 from a browser", "python学习笔记"};
  clients[3]->say("here I am");
  clients[0]->wait_for("here I am");
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->say(lines[i]);
    fmt::print("  {:>30}: {}\n", clients[i]->name(), lines[i]);
    for (auto& other : clients) {
      if (other != clients[i]) other->wait_for(lines[i]);
    }
    fmt::print("  {:>30}  seen by the other three\n", "");
  }
  clients[3]->say("byebye");
  clients[3]->wait_for("byebye");
  fmt::print("  {:>30}: byebye, and the server answers: byebye\n", clients[3]->name());
}

void show_history(const Address& where) {
  Netcat late("nc", where);
  late.enter();
  late.wait_for("python学习笔记");
  fmt::print("\nThe server was restarted. A newcomer sees what was said:\n");
  std::string line;
  for (char c : late.seen()) {
    line += c;
    if (c != '\n') continue;
    if (line.find(": ") != std::string::npos) fmt::print("  {}", line);
    line.clear();
  }
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "loquat-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a directory in " + name);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int demo() {
  TemporaryDirectory directory;
  auto with_server = [&](auto visit) {
    archive::SqliteArchive archive(directory.path());
    run(
        [&] {
          Server server(archive, {}, nullptr);
          Address where = server.listen("127.0.0.1:0");
          fmt::print("A chat server at {}, its history in {}\n", where.str(), directory.path());
          visit(where);
          server.stop("the demo is over", 5s);
        },
        {.workers = 2});
  };
  with_server([](const Address& where) { show_chat(where); });
  with_server([](const Address& where) { show_history(where); });
  fmt::print("\nNow yours: loquat serve\n");
  return 0;
}

}  // namespace

void add_demo(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("demo", "four kinds of client talk on one port, in a few seconds");
  command->footer("It uses a free port of 127.0.0.1 and a temporary directory, and leaves nothing behind.");
  command->callback([&chosen] { chosen = demo; });
}

}  // namespace loquat::tool
