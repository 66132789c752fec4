#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "command.h"
#include "data_home.h"
#include "interruptible.h"
#include "loquat/run.h"
#include "loquat/signals.h"
#include "talk_conversation.h"
#include "talk_link.h"
#include "talk_pipe.h"
#include "tls_client.h"
#include "tls_server.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;

struct TalkOptions {
  std::string peer;
  std::string listen;
  bool turns = false;
  bool udp = false;
  TlsClient tls;
  TlsServer tls_server;
};

// Bytes, not words: something is redirected, and nobody takes turns.
bool is_pipe(const TalkOptions& options) {
  return !options.turns && !(::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1);
}

constexpr Duration handshake_time = 10s;

// --- calling -------------------------------------------------------------------------------------------------------

void talk_to(const TalkOptions& options, bool& under_way) {
  Link link = call(options.peer, options.udp);
  link.socket->settimeout(handshake_time);
  *link.socket = options.tls.secure(std::move(*link.socket), parse_host_port(options.peer).host);
  link.socket->settimeout({});
  under_way = true;
  if (is_pipe(options)) return talk_pipe(*link.socket, true);
  TalkConsole console;
  console.note(fmt::format("talking with {}; byebye or Ctrl-D ends it", link.who));
  Conversation conversation(*link.socket, console, options.turns ? Turns::we_first : Turns::none, "server");
  conversation.run();
  if (!conversation.we_ended()) console.note(link.who + " has left");
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

// TLS with a caller, if it is served. Throws OSError if the caller cannot do it.
void secure(Link& link, const std::optional<SSLContext>& tls) {
  if (!tls) return;
  WrapOptions options;
  options.server_side = true;
  link.socket->settimeout(handshake_time);
  *link.socket = tls->wrap_socket(std::move(*link.socket), std::move(options));
  link.socket->settimeout({});
}

void converse(Link link, TalkConsole& console, bool turns, const std::optional<SSLContext>& tls) {
  console.note(link.who + " calls");
  try {
    secure(link, tls);
    Conversation(*link.socket, console, turns ? Turns::peer_first : Turns::none, "client").run();
  } catch (const OSError& e) {
    console.note(e.what());  // one caller's fault does not end the listener
  }
  console.note(link.who + " has left");
}

// The first caller that can do what is asked for.
Link first_caller(Callers& callers, const std::optional<SSLContext>& tls) {
  for (;;) {
    Link link = callers.next();
    fmt::print(stderr, "{} calls\n", link.who);
    try {
      secure(link, tls);
      return link;
    } catch (const OSError& e) {
      fmt::print(stderr, "{}\n", e.what());
    }
  }
}

void listen_pipe(Callers& callers, bool& under_way, const std::optional<SSLContext>& tls) {
  Link link = first_caller(callers, tls);
  under_way = true;
  callers.close();
  talk_pipe(*link.socket, false);
  fmt::print(stderr, "{} has left\n", link.who);
}

std::optional<SSLContext> served(TlsServer& server) {
  if (!server.use()) return {};
  if (server.self_signed) server.prepare(data_home(), {"localhost", "127.0.0.1", "::1"});
  return server.context();
}

void listen_for_talks(const TalkOptions& options, bool& under_way) {
  TlsServer tls_server = options.tls_server;
  const auto tls = served(tls_server);
  auto callers = listen(options.listen, options.udp);
  fmt::print(stderr, "listening on {}{}\n", callers->address().str(), options.udp ? " (UDP)" : "");
  if (tls)
    fmt::print(stderr, "the certificate's SHA-256 fingerprint, for --tls-fingerprint:\n  {}\n",
               tls_server.fingerprint());
  if (is_pipe(options)) return listen_pipe(*callers, under_way, tls);
  under_way = true;
  TalkConsole console;
  while (!console.input_ended()) {
    Link link = await_caller(*callers, console);
    if (!link.socket) break;
    converse(std::move(link), console, options.turns, tls);
  }
}

// --- the program ---------------------------------------------------------------------------------------------------

// A closed standard descriptor must not become a socket's. In its place comes one on which reading ends at once, and
// writing fails.
void fill_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);
  }
}

// `under_way`: there is somebody to take leave of, or bytes that an end would lose.
int talk(const TalkOptions& options, Signals& signals) {
  bool under_way = false;
  auto body = [&] { options.listen.empty() ? talk_to(options, under_way) : listen_for_talks(options, under_way); };
  auto patience = [&]() -> Duration { return under_way ? 6s : 500ms; };
  if (run_interruptible(signals, body, patience)) return 0;
  if (under_way && is_pipe(options)) throw std::runtime_error("interrupted before everything had arrived");
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
  if (options.tls.use && !options.listen.empty())
    throw CLI::ValidationError("who listens with TLS needs a certificate: --tls-self-signed or --tls-cert FILE");
  if (options.tls_server.use() && options.listen.empty())
    throw CLI::ValidationError("who calls with TLS says --tls; a certificate is for who listens");
  if (options.udp && (options.tls.use || options.tls_server.use()))
    throw CLI::ValidationError("TLS is for streams, not for UDP");
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
  options->tls.add_to(*command);
  options->tls_server.add_to(*command);
  command->footer(
      "Examples:\n"
      "  loquat talk --listen :9000                      wait for callers, one after the other\n"
      "  loquat talk 192.168.1.7:9000                    call; both type whenever they like\n"
      "  loquat talk 192.168.1.7:9000 --turns            a conversation in turns\n"
      "  loquat talk --listen :9000 | tar x              a pipe serves one caller and exits\n"
      "  tar c . | loquat talk 192.168.1.7:9000          ... and this is the caller\n"
      "  loquat talk --listen :9000 --tls-self-signed    ... and nobody listens in:\n"
      "  loquat talk 192.168.1.7:9000 --tls --tls-fingerprint AB:CD:...\n"
      "The other side may be nc, ncat, socat or ten lines of Python. Where people type, byebye from either side\n"
      "ends the talk; a listener then waits for the next caller. Ctrl-D says byebye and ends the program, Ctrl-C too.");
  command->callback([options, &chosen] {
    check(*options);
    chosen = [options] { return talk(*options); };
  });
}

}  // namespace loquat::tool
