#include <pwd.h>
#include <unistd.h>

#include <cctype>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>

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
  std::string key_file;
  TlsOptions tls;
};

// The first line of the file.
std::string read_key(const std::string& path) {
  std::string key;
  if (std::ifstream file(path); !path.empty() && !std::getline(file, key))
    throw std::runtime_error("no key can be read from " + path);
  return key;
}

std::string login_name() {
  if (const char* user = std::getenv("USER"); user != nullptr && *user != '\0') return user;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : "guest";
}

// The login name, made a valid nick: john_doe for "john.doe", and guest for "root", which no server lets anybody be.
std::string default_nick() {
  std::string nick = login_name();
  if (codec::is_service_nick(nick)) return "guest";
  if (codec::check_nick(nick) == codec::NameError::none) return nick;
  for (char& c : nick) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  if (std::isdigit(static_cast<unsigned char>(nick.front())) != 0) nick.insert(0, 1, '_');
  return nick.substr(0, codec::nick_length);
}

// For CLI11: what is wrong with a name; empty if it is valid.
std::string name_fault(const std::string& what, codec::NameError error) {
  return error == codec::NameError::none ? std::string() : what + " " + std::string(describe(error));
}

// Handles what the user types at a terminal.
void read_terminal(ChatClient& client, std::optional<Terminal>& terminal) {
  while (auto line = terminal->read_line()) {
    client.input(*line);
    if (*line == "/quit") return;
  }
}

// Sends each line of standard input. Returns whether all are in the history; a minute without any echo ends the wait.
bool send_input(ChatClient& client) {
  each_input_line([&client](const std::string& line) { client.say(line); });
  return client.wait_sent(60s);
}

ChatClient::Options client_options(const JoinOptions& options, bool interactive) {
  return {.server = parse_host_port(options.server),
          .tls = options.tls,
          .operator_key = read_key(options.key_file),
          .nick = options.nick.empty() ? default_nick() : options.nick,
          .room = codec::room_name(options.room),
          .history = interactive ? 20u : 0u,
          .notices = interactive,
          .max_attempts = 1};
}

// The exit status after a pipe's lines. Tells the user what was not sent.
int status_of_pipe(const ChatClient& client, bool all_sent) {
  if (!all_sent) fmt::print(stderr, "loquat join: some lines did not reach the server within a minute\n");
  if (!client.refused().empty()) fmt::print(stderr, "loquat join: the server refused: {}\n", client.refused());
  return all_sent && client.refused().empty() ? 0 : 1;
}

int chat(const JoinOptions& options, Signals& signals) {
  const bool interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  std::optional<Terminal> terminal;
  ChatClient client(client_options(options, interactive), [&](const std::string& line) {
    if (terminal) return terminal->show(line);
    if (::isatty(STDIN_FILENO) == 1) fmt::print("{}\n", line);
  });
  if (interactive) terminal.emplace([&client] { return client.room() + "> "; });
  bool all_sent = true;
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
    if (interactive) {
      read_terminal(client, terminal);
    } else {
      all_sent = send_input(client);
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
  return interactive ? 0 : status_of_pipe(client, all_sent);
}

int join(const JoinOptions& options) {
  Signals signals{SIGINT, SIGTERM};
  return run([&] { return chat(options, signals); }, {.stack_size = 256 * 1024});
}

}  // namespace

void add_join(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<JoinOptions>();
  CLI::App* command = app.add_subcommand("join", "the terminal client");
  command->add_option("ADDR", options->server, "HOST:PORT, [v6]:PORT or unix:PATH of the server")->required();
  command->add_option("--nick", options->nick, "your name there (default: your login name; guest for root)")
      ->check([](const std::string& nick) { return name_fault("'" + nick + "'", codec::check_nick(nick)); });
  command->add_option("--room", options->room, "the room to enter (default #lobby)")
      ->check([](const std::string& room) {
        return name_fault("'" + room + "'", codec::check_room(codec::room_name(room)));
      });
  command
      ->add_option("--operator-key", options->key_file,
                   "a file with the server's operator key: makes you an operator, who comes in despite a ban")
      ->type_name("FILE");
  CLI::Option* tls = command->add_flag("--tls", options->tls.enabled, "encrypt, and check the server's certificate");
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
