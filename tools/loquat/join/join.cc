#include <pwd.h>
#include <unistd.h>

#include <cctype>
#include <csignal>
#include <cstdlib>
#include <optional>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "../command.h"
#include "../input_lines.h"
#include "../terminal.h"
#include "../tls_end.h"
#include "chat_client.h"
#include "codec/text/names.h"
#include "loquat/run.h"
#include "loquat/signals.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;

struct JoinOptions {
  std::string server;
  std::string nick;
  std::string room = "#lobby";
  TlsOptions tls;
};

std::string login_name() {
  if (const char* user = std::getenv("USER"); user != nullptr && *user != '\0') return user;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : "guest";
}

// The login name, as far as it can be a nick: "john.doe" is john_doe.
std::string default_nick() {
  std::string nick = login_name();
  if (codec::check_nick(nick) == codec::NameError::none) return nick;
  for (char& c : nick) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  if (std::isdigit(static_cast<unsigned char>(nick.front())) != 0) nick.insert(0, 1, '_');
  return nick.substr(0, codec::kNickLength);
}

// For CLI11: the sentence says what is wrong, and is empty if nothing is.
std::string wrong(const std::string& what, codec::NameError error) {
  return error == codec::NameError::none ? std::string() : what + " " + std::string(describe(error));
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
  each_input_line([&client](const std::string& line) { client.say(line); });
  return client.wait_sent(60s);
}

int talk(const JoinOptions& options, Signals& signals) {
  bool person = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  std::optional<Terminal> terminal;
  ChatClient::Options client_options;
  client_options.server = parse_host_port(options.server);
  client_options.nick = options.nick.empty() ? default_nick() : options.nick;
  client_options.room = codec::room_name(options.room);
  client_options.tls = options.tls;
  client_options.notices = person;
  client_options.history = person ? 20 : 0;
  client_options.most_attempts = 1;
  ChatClient client(client_options, [&](const std::string& line) {
    if (terminal) return terminal->show(line);
    if (::isatty(STDIN_FILENO) == 1) fmt::print("{}\n", line);
  });
  if (person) terminal.emplace([&client] { return client.room() + "> "; });
  bool all_said = true;
  std::exception_ptr failure;
  auto running = spawn([&] {
    try {
      client.run();
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
  });
  auto leave = [&] {
    client.quit();
    running.cancel();
  };
  auto typing = spawn([&] {
    if (person) {
      converse(client, terminal);
    } else {
      all_said = say_all(client);
    }
    leave();
  });
  auto interrupt = spawn([&] {
    signals.wait();
    leave();
  });
  running.join();
  CancelShield shield;
  typing.cancel();
  typing.join();
  interrupt.cancel();
  interrupt.join();
  terminal.reset();
  if (failure) std::rethrow_exception(failure);
  if (person) return 0;
  if (!all_said) fmt::print(stderr, "loquat join: some lines did not reach the server within a minute\n");
  if (!client.refused().empty()) fmt::print(stderr, "loquat join: the server refused: {}\n", client.refused());
  return all_said && client.refused().empty() ? 0 : 1;
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
  command->add_option("--nick", options->nick, "your name there (default: your login name)")
      ->check([](const std::string& nick) { return wrong("'" + nick + "'", codec::check_nick(nick)); });
  command->add_option("--room", options->room, "the room to enter (default #lobby)")
      ->check(
          [](const std::string& room) { return wrong("'" + room + "'", codec::check_room(codec::room_name(room))); });
  CLI::Option* tls = command->add_flag("--tls", options->tls.wanted, "encrypt, and check the server's certificate");
  command->add_option("--tls-ca", options->tls.ca, "certificates to trust, PEM (default: the system's)")
      ->check(CLI::ExistingFile)
      ->needs(tls);
  command->add_option("--tls-fingerprint", options->tls.fingerprint, "SHA-256 of the one certificate to trust")
      ->check([](const std::string& text) {
        return fingerprint_digits(text).size() == 64 ? "" : "it has 64 hexadecimal digits, as in AB:CD:...";
      })
      ->needs(tls);
  command->footer(
      "Examples:\n"
      "  loquat join 127.0.0.1:7777 --nick ann\n"
      "  loquat join chat.example.org:7777 --tls\n"
      "  echo 'the build is green' | loquat join 127.0.0.1:7777 --nick ci --room '#build'\n"
      "/help lists the commands; Ctrl-D or /quit leaves.");
  command->callback([options, &chosen] { chosen = [options] { return join(*options); }; });
}

}  // namespace loquat::tool
