#include <pwd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "chat_client.h"
#include "command.h"
#include "loquat/file.h"
#include "loquat/run.h"
#include "loquat/signals.h"
#include "terminal.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;

struct JoinOptions {
  std::string server;
  std::string nick;
  std::string room = "#lobby";
};

std::string login_name() {
  if (const char* user = std::getenv("USER"); user != nullptr && *user != '\0') return user;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : "guest";
}

// A person at a terminal.
void converse(ChatClient& client, std::optional<Terminal>& terminal) {
  while (auto line = terminal->read_line()) {
    client.input(*line);
    if (*line == "/quit") return;
  }
}

// A pipe: each line is said, and when all are in the history we are done.
bool say_all(ChatClient& client) {
  File input(STDIN_FILENO);
  std::string pending;
  for (std::string piece; !(piece = input.read(64 * 1024)).empty();) {
    pending += piece;
    std::size_t start = 0;
    for (std::size_t end; (end = pending.find('\n', start)) != std::string::npos; start = end + 1) {
      client.say(pending.substr(start, end - start));
    }
    pending.erase(0, start);
  }
  if (!pending.empty()) client.say(pending);
  return client.wait_sent(60s);
}

int talk(const JoinOptions& options, Signals& signals) {
  bool person = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  std::optional<Terminal> terminal;
  ChatClient::Options client_options;
  client_options.server = parse_host_port(options.server);
  client_options.nick = options.nick.empty() ? login_name() : options.nick;
  client_options.room = options.room.starts_with('#') ? options.room : "#" + options.room;
  client_options.notices = person;
  client_options.history = person ? 20 : 0;
  client_options.most_attempts = 1;
  ChatClient client(client_options, [&](const std::string& line) {
    if (terminal) return terminal->show(line);
    if (::isatty(STDIN_FILENO) == 1) fmt::print("{}\n", line);
  });
  if (person) terminal.emplace([&client] { return client.room() + "> "; });
  bool all_said = true;
  auto typing = spawn([&] {
    if (person) {
      converse(client, terminal);
    } else {
      all_said = say_all(client);
    }
    client.quit();
  });
  auto interrupt = spawn([&] {
    signals.wait();
    client.quit();
  });
  std::exception_ptr failure;
  try {
    client.run();
  } catch (...) {
    failure = std::current_exception();
  }
  CancelShield shield;
  typing.cancel();
  typing.join();
  interrupt.cancel();
  interrupt.join();
  terminal.reset();
  if (failure) std::rethrow_exception(failure);
  if (!all_said) fmt::print(stderr, "loquat join: not everything reached the server within a minute\n");
  return all_said ? 0 : 1;
}

int join(const JoinOptions& options) {
  Signals signals{SIGINT, SIGTERM};
  return run([&] { return talk(options, signals); }, {.stack_size = 256 * 1024});
}

}  // namespace

void add_join(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<JoinOptions>();
  CLI::App* command = app.add_subcommand("join", "the terminal client");
  command->add_option("ADDR", options->server, "HOST:PORT, [v6]:PORT or unix:PATH of the server")->required();
  command->add_option("--nick", options->nick, "your name there (default: your login name)");
  command->add_option("--room", options->room, "the room to enter (default #lobby)");
  command->footer(
      "Examples:\n"
      "  loquat join 127.0.0.1:7777 --nick ann\n"
      "  echo 'the build is green' | loquat join 127.0.0.1:7777 --nick ci --room '#build'\n"
      "/help lists the commands; Ctrl-D or /quit leaves.");
  command->callback([options, &chosen] { chosen = [options] { return join(*options); }; });
}

}  // namespace loquat::tool
