#include "run.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "../interruptible.h"
#include "conversation.h"
#include "link.h"
#include "loquat/run.h"
#include "loquat/signals.h"
#include "pipe.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;

// Whether to copy bytes rather than lines: standard input or output is redirected, and --turns is not set.
bool is_pipe(const TalkOptions& options) {
  return !options.turns && !(::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1);
}

LinkOptions link_options(const TalkOptions& options, const std::optional<TlsEnd>& tls) {
  return {.datagrams = options.udp, .tls = tls ? &*tls : nullptr, .require_close_notify = is_pipe(options)};
}

// --- calling -------------------------------------------------------------------------------------------------------

void talk_to(const TalkOptions& options, bool& under_way) {
  std::optional<TlsEnd> tls;
  if (options.tls.enabled) tls.emplace(options.tls, false);
  Link link = call(options.peer, link_options(options, tls));
  under_way = true;
  if (is_pipe(options)) return talk_pipe(*link.socket, true);
  TalkConsole console;
  console.note(fmt::format("talking with {}; byebye or Ctrl-D ends it", link.peer_name));
  Conversation conversation(*link.socket, console, options.turns ? Turns::we_first : Turns::none, "server");
  conversation.run();
  if (!conversation.we_ended()) console.note(link.peer_name + " has left");
}

// --- listening -----------------------------------------------------------------------------------------------------

// Returns the next caller, or a link without a socket if the user ends the input first. Lines typed meanwhile are not
// sent.
Link await_caller(TalkListener& listener, TalkConsole& console) {
  auto typed = spawn([&] {
    if (!console.interactive()) return;
    try {
      while (auto line = console.next_line()) {
        if (*line == goodbye_word) break;
        console.note("nobody is connected: that line was not sent");
      }
    } catch (const ConsoleError& e) {
      console.note(e.what());
    }
    listener.close();
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
    return listener.accept();
  } catch (const OSError& e) {
    if (e.errc() != EBADF) throw;
    return {};
  }
}

void converse(Link link, TalkConsole& console, bool turns) {
  console.note(link.peer_name + " calls");
  try {
    Conversation(*link.socket, console, turns ? Turns::peer_first : Turns::none, "client").run();
  } catch (const OSError& e) {
    console.note(e.what());  // one broken connection does not end the listener
  }
  console.note(link.peer_name + " has left");
}

void listen_pipe(TalkListener& listener, bool& under_way) {
  Link link = listener.accept();
  fmt::print(stderr, "{} calls\n", link.peer_name);
  under_way = true;
  listener.close();
  talk_pipe(*link.socket, false);
  fmt::print(stderr, "{} has left\n", link.peer_name);
}

void listen_for_talks(const TalkOptions& options, bool& under_way) {
  std::optional<TlsEnd> tls;
  if (options.tls.enabled) tls.emplace(options.tls, true);
  std::optional<TalkConsole> console;
  auto note = [&](const std::string& text) { console ? console->note(text) : fmt::print(stderr, "{}\n", text); };
  auto listener = listen(options.listen, link_options(options, tls), note);
  note(fmt::format("listening on {}{}", listener->address().str(), options.udp ? " (UDP)" : tls ? " (TLS)" : ""));
  if (tls) note("the certificate's fingerprint, for the other side to compare: " + tls->fingerprint());
  if (is_pipe(options)) return listen_pipe(*listener, under_way);
  under_way = true;
  console.emplace();
  while (!console->input_ended()) {
    Link link = await_caller(*listener, *console);
    if (!link.socket) break;
    converse(std::move(link), *console, options.turns);
  }
}

// --- the program ---------------------------------------------------------------------------------------------------

// Opens closed standard descriptors, so that no socket gets their numbers. Reading from them returns end of file, and
// writing to them fails.
void fill_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);
  }
}

// Once `under_way` is set, there is a peer to say byebye to, or bytes that exiting would lose.
int talk(const TalkOptions& options, Signals& signals) {
  bool under_way = false;
  auto body = [&] {
    return options.listen.empty() ? talk_to(options, under_way) : listen_for_talks(options, under_way);
  };
  auto grace_period = [&]() -> Duration { return under_way ? 6s : 500ms; };
  if (run_interruptible(signals, body, grace_period)) return 0;
  if (under_way && is_pipe(options)) throw std::runtime_error("interrupted before everything had arrived");
  return 0;
}

}  // namespace

int run_talk(const TalkOptions& options) {
  fill_standard_descriptors();
  Signals signals{SIGINT, SIGTERM, SIGHUP};
  return run([&] { return talk(options, signals); }, {.stack_size = 256 * 1024});
}

}  // namespace loquat::tool
