#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "command.h"
#include "loquat/run.h"
#include "loquat/signals.h"
#include "talk_conversation.h"
#include "talk_link.h"
#include "talk_pipe.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;

struct TalkOptions {
  std::string peer;
  std::string listen;
  bool turns = false;
  bool udp = false;
};

// Bytes, not words: something is redirected, and nobody takes turns.
bool is_pipe(const TalkOptions& options) {
  return !options.turns && !(::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1);
}

// --- calling -------------------------------------------------------------------------------------------------------

int talk_to(const TalkOptions& options, bool& at_stake) {
  Link link = call(options.peer, options.udp);
  at_stake = true;
  if (is_pipe(options)) {
    talk_pipe(*link.socket, true);
    return 0;
  }
  TalkConsole console;
  console.note(fmt::format("talking with {}; byebye or Ctrl-D ends it", link.who));
  Conversation conversation(*link.socket, console, options.turns ? Turns::we_first : Turns::none, "server");
  conversation.run();
  if (!conversation.we_ended()) console.note(link.who + " has left");
  return 0;
}

// --- listening -----------------------------------------------------------------------------------------------------

// The next caller; without a socket if the user ended the input before. What is typed meanwhile is for nobody.
Link await_caller(Callers& callers, TalkConsole& console) {
  auto typed = spawn([&] {
    if (!console.person()) return;
    try {
      while (auto line = console.next_line()) {
        if (*line == goodbye_word) break;
        console.note("nobody has called: that was not sent");
      }
    } catch (const ConsoleError& e) {
      console.note(e.what());
    }
    callers.close();
  });
  struct Stop {
    Fiber<>& fiber;
    ~Stop() {
      CancelShield shield;
      fiber.cancel();
      fiber.join();
    }
  } stop{typed};
  try {
    return callers.next();
  } catch (const OSError& e) {
    if (e.errc() != EBADF) throw;
    return {};
  }
}

void converse(Link link, TalkConsole& console, bool turns) {
  console.note(link.who + " calls");
  try {
    Conversation(*link.socket, console, turns ? Turns::peer_first : Turns::none, "client").run();
  } catch (const OSError& e) {
    console.note(e.what());  // one caller's fault does not end the listener
  }
  console.note(link.who + " has left");
}

int listen_pipe(Callers& callers, bool& at_stake) {
  Link link = callers.next();
  fmt::print(stderr, "{} calls\n", link.who);
  at_stake = true;
  callers.close();
  talk_pipe(*link.socket, false);
  fmt::print(stderr, "{} has left\n", link.who);
  return 0;
}

int listen_for_talks(const TalkOptions& options, bool& at_stake) {
  auto callers = listen(options.listen, options.udp);
  fmt::print(stderr, "listening on {}{}\n", callers->address().str(), options.udp ? " (UDP)" : "");
  if (is_pipe(options)) return listen_pipe(*callers, at_stake);
  TalkConsole console;
  while (!console.input_ended()) {
    Link link = await_caller(*callers, console);
    if (!link.socket) break;
    converse(std::move(link), console, options.turns);
  }
  return 0;
}

// --- the program ---------------------------------------------------------------------------------------------------

// A closed standard descriptor must not become a socket's. In its place comes one on which reading ends at once, and
// writing fails.
void fill_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);
  }
}

// Ctrl-C: the talk ends politely; asked twice, or when that takes too long, at once. `at_stake`: bytes would be lost.
int talk(const TalkOptions& options, Signals& signals) {
  int status = 1;
  bool at_stake = false;
  std::exception_ptr failure;
  bool interrupted = false;
  auto work = spawn([&] {
    try {
      status = options.listen.empty() ? talk_to(options, at_stake) : listen_for_talks(options, at_stake);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
  });
  termios terminal{};
  const bool has_terminal = ::tcgetattr(STDIN_FILENO, &terminal) == 0;
  auto interrupt = spawn([&] {
    signals.wait();
    interrupted = true;
    work.cancel();
    auto patience = spawn([&] { sleep(at_stake ? 6s : 500ms); });
    auto again = spawn([&] {
      signals.wait();
      patience.cancel();
    });
    patience.join();
    if (has_terminal) ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
    std::_Exit(1);
  });
  work.join();
  interrupt.cancel();
  if (failure) std::rethrow_exception(failure);
  if (!interrupted) return status;
  if (at_stake && is_pipe(options)) throw std::runtime_error("interrupted before everything had arrived");
  return 0;
}

int talk(const TalkOptions& options) {
  fill_standard_descriptors();
  Signals signals{SIGINT, SIGTERM, SIGHUP};
  return run([&] { return talk(options, signals); }, {.stack_size = 256 * 1024});
}

// Wrong usage is found before anything is done.
void check(const TalkOptions& options) {
  if (options.peer.empty() == options.listen.empty())
    throw CLI::ValidationError("say either whom to call (ADDR) or where to wait for a call (--listen ADDR)");
  const std::string& where = options.peer.empty() ? options.listen : options.peer;
  try {
    if (!parse_host_port(where).unix_path.empty() && options.udp)
      throw CLI::ValidationError("-u is for HOST:PORT, not for unix:PATH");
  } catch (const std::invalid_argument& e) {
    throw CLI::ValidationError(e.what());
  }
}

}  // namespace

void add_talk(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<TalkOptions>();
  CLI::App* command = app.add_subcommand("talk", "two people, or two pipes, over one socket");
  command->add_option("ADDR", options->peer, "whom to call: HOST:PORT, :PORT on this machine, [v6]:PORT or unix:PATH");
  command->add_option("--listen", options->listen,
                      "where to wait for a call: 127.0.0.1:PORT, :PORT on every address, [v6]:PORT or unix:PATH");
  command->add_flag("--turns", options->turns, "speak in turns; who called begins");
  command->add_flag("-u,--udp", options->udp, "UDP instead of TCP");
  command->footer(
      "Examples:\n"
      "  loquat talk --listen :9000                      wait for callers, one after the other\n"
      "  loquat talk 192.168.1.7:9000                    call; both type whenever they like\n"
      "  loquat talk 192.168.1.7:9000 --turns            a conversation in turns\n"
      "  loquat talk --listen :9000 | tar x              a pipe serves one caller and exits\n"
      "  tar c . | loquat talk 192.168.1.7:9000          ... and this is the caller\n"
      "The other side may be nc, ncat, socat or ten lines of Python. Where people type, byebye from either side\n"
      "ends the talk; a listener then waits for the next caller. Ctrl-D says byebye and ends the program, Ctrl-C too.");
  command->callback([options, &chosen] {
    check(*options);
    chosen = [options] { return talk(*options); };
  });
}

}  // namespace loquat::tool
