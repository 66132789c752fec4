// `loquat admin`: the operator's commands for a server on this machine, over the Unix socket in its data directory.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "codec/text/line_reader.h"
#include "codec/text/utf8.h"
#include "command.h"
#include "data_home.h"
#include "doors/operator/admin_door.h"
#include "input_lines.h"
#include "interruptible.h"
#include "loquat/address.h"
#include "loquat/error.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "serve/admin_socket.h"
#include "terminal.h"

namespace loquat::tool {
namespace {

struct AdminOptions {
  std::string data;
  std::vector<std::string> words;
};

std::runtime_error cannot_reach(const std::string& directory, const OSError& error) {
  switch (error.code().value()) {
    case ENOENT:
    case ECONNREFUSED:
    case ECONNRESET:  // the kernel takes a moment to close the socket of a server that was killed
    case EPIPE:
      return std::runtime_error(fmt::format(
          "no server runs in {}: name its directory with --data DIR (the service's is /var/lib/loquat)", directory));
    case EACCES:
      return std::runtime_error(
          fmt::format("the server in {} belongs to another user: run this as that user or as root", directory));
    default:
      return std::runtime_error(error.what());
  }
}

Socket connect_to(const std::string& directory) {
  try {
    Socket socket(AF_UNIX);
    socket.connect(Address::unix_path(admin_socket_path(directory)));
    return socket;
  } catch (const OSError& error) {
    throw cannot_reach(directory, error);
  }
}

class AdminClient {
 public:
  using Show = std::function<void(const std::string& line, bool ok)>;
  AdminClient(const std::string& directory, Show show)
      : directory_(directory), socket_(connect_to(directory)), show_(std::move(show)) {}

  // Sends a command and shows the answer. Returns whether the command was carried out.
  bool ask(const std::string& command) try {
    socket_.sendall(codec::sanitize_line(command) + "\n");
    std::vector<std::string> shown;
    for (;;) {
      const std::string line = receive();
      if (!line.starts_with(doors::admin_line)) {
        const bool ok = line == doors::admin_ok;
        for (const std::string& each : shown) show_(each, ok);
        return ok;
      }
      shown.push_back(line.substr(doors::admin_line.size()));
    }
  } catch (const OSError& error) {
    throw cannot_reach(directory_, error);
  }

 private:
  std::string receive() {
    for (;;) {
      if (const auto line = lines_.next(rest_)) return std::string(line->text);
      bytes_ = socket_.recv(64 * 1024);
      if (bytes_.empty()) throw std::runtime_error("the server has ended");
      rest_ = bytes_;
    }
  }

  std::string directory_;
  Socket socket_;
  Show show_;
  codec::LineReader lines_{64 * 1024};
  std::string bytes_;
  std::string_view rest_;
};

void print(const std::string& line, bool ok) {
  fmt::print(ok ? stdout : stderr, "{}\n", line);
  std::fflush(ok ? stdout : stderr);
}

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }

void ask_from_terminal(const std::string& directory) {
  Terminal terminal([] { return std::string("admin> "); });
  AdminClient client(directory, [&](const std::string& line, bool) { terminal.show(line); });
  client.ask("/help");
  while (const auto line = terminal.read_line()) {
    if (is_blank(*line)) continue;
    terminal.show("admin> " + *line);
    client.ask(*line);
  }
}

bool ask_from_pipe(const std::string& directory) {
  AdminClient client(directory, print);
  bool ok = true;
  each_input_line([&](const std::string& line) { ok = (is_blank(line) || client.ask(line)) && ok; });
  return ok;
}

bool ask_words(const std::string& directory, const std::vector<std::string>& words) {
  std::string command;
  for (const std::string& word : words) (command += command.empty() ? "" : " ") += word;
  return AdminClient(directory, print).ask(command);
}

int admin(const AdminOptions& options) {
  const std::string directory = options.data.empty() ? data_home() : options.data;
  Signals signals{SIGINT, SIGTERM};
  RunOptions run_options;
  run_options.workers = 1;
  run_options.stack_size = 256 * 1024;  // for Terminal
  bool ok = true;
  const auto body = [&] {
    if (!options.words.empty())
      ok = ask_words(directory, options.words);
    else if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1)
      ask_from_terminal(directory);
    else
      ok = ask_from_pipe(directory);
  };
  return run([&] { return run_interruptible(signals, body, [] { return std::chrono::seconds(1); }) && ok ? 0 : 1; },
             run_options);
}

}  // namespace

void add_admin(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<AdminOptions>();
  CLI::App* command = app.add_subcommand("admin", "the operator's commands for a server on this machine");
  command->add_option("--data", options->data, "the server's data directory (default ~/.local/share/loquat)")
      ->type_name("DIR");
  command->prefix_command();  // what follows the first word is the command's, --address and "-again" too
  command->footer(
      "Behind the options comes a command with its words. Without one, commands are read from standard input, one a "
      "line.\n"
      "\n"
      "Examples:\n"
      "  loquat admin who                                 who is here, with addresses\n"
      "  loquat admin ban bob --address flooding\n"
      "  loquat admin unban bob\n"
      "  sudo loquat admin --data /var/lib/loquat bans    the service's server\n"
      "  loquat admin help                                all commands\n"
      "No key is needed: the socket in the data directory is for the server's user and root alone. The exit status is "
      "1 "
      "if a command was refused.");
  command->callback([options, command, &chosen] {
    options->words = command->remaining();
    chosen = [options] { return admin(*options); };
  });
}

}  // namespace loquat::tool
