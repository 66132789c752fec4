#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <thread>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "../command.h"
#include "../data_home.h"
#include "../stderr_log.h"
#include "admin_socket.h"
#include "archive/sqlite_archive.h"
#include "invite.h"
#include "loquat/detector.h"
#include "loquat/fiber.h"
#include "loquat/inspect.h"
#include "loquat/run.h"
#include "loquat/signals.h"
#include "operator_console.h"
#include "operator_key.h"
#include "server.h"
#include "tls_server.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;

struct ServeOptions {
  std::vector<std::string> listen;
  bool lan = false;
  std::vector<std::string> hosts;
  std::vector<std::string> origins;
  std::vector<std::string> proxies;
  std::string data;
  std::size_t workers = 0;
  bool no_replay = false;
  std::string flood = "20:2";
  bool verbose = false;
  TlsServer tls;
};

// As many connections as the system allows this process. Returns how many, `wanted` at most: history, pollers, labs and
// lookups need descriptors, too.
std::size_t raise_descriptor_limit(std::size_t wanted) {
  constexpr rlim_t others = 200;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t rest = limit.rlim_max - std::min(others, limit.rlim_max / 2);
  return std::min<rlim_t>(wanted, rest);
}

// One line for programs and people, on standard output: the address for a browser, and the other ways in.
void announce(const Address& bound) {
  if (bound.family() == AF_UNIX) {
    fmt::print("listening on {}\n", bound.str());
  } else {
    const bool everywhere = bound.host() == "0.0.0.0" || bound.host() == "::";  // that one takes IPv4, too
    const std::string host = everywhere ? "127.0.0.1" : bound.host();
    fmt::print("listening on http://{}:{}/ (or: nc {} {}, or any IRC client){}\n",
               host.find(':') == std::string::npos ? host : "[" + host + "]", bound.port(), host, bound.port(),
               everywhere ? " and on every other address" : "");
  }
  std::fflush(stdout);
}

void invite(std::uint16_t port, const std::string& key) {
  fmt::print("Operator key: {}  (in any client: /oper {} - then /kick NAME)\n", key, key);
  auto addresses = lan_addresses();
  if (addresses.empty()) {
    fmt::print("This machine has no address in a network: others cannot reach it yet.\n");
    return;
  }
  std::string host =
      addresses.front().find(':') == std::string::npos ? addresses.front() : "[" + addresses.front() + "]";
  std::string url = fmt::format("http://{}:{}/", host, port);
  fmt::print("Others in this network: open {} or type: nc {} {}\n{}", url, addresses.front(), port,
             ::isatty(STDOUT_FILENO) == 1 ? qr_code(url) : "");
  std::fflush(stdout);
}

// The names under which this machine may be called.
std::vector<std::string> names_of_this_machine(const ServeOptions& options) {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  names.insert(names.end(), options.hosts.begin(), options.hosts.end());
  if (!options.lan) return names;
  for (auto& address : lan_addresses()) names.push_back(std::move(address));
  return names;
}

void load_certificate(ServeOptions& options, Server& server) {
  options.tls.prepare(options.data, names_of_this_machine(options));
  server.context().tls.set(options.tls.context());
}

void announce_tls(const ServeOptions& options) {
  fmt::print(
      "TLS too, on the same port, for browser, IRC and terminal; the certificate's SHA-256 fingerprint:\n  {}\n{}",
      options.tls.fingerprint(),
      options.tls.self_signed ? "It is self-signed: browsers warn; loquat join takes --tls --tls-fingerprint.\n" : "");
  std::fflush(stdout);
}

void reload_certificate(ServeOptions& options, Server& server, StderrLog& log) {
  if (!options.tls.use()) return log.write(LogLevel::info, "SIGHUP: there is no certificate to read again");
  try {
    load_certificate(options, server);
    log.write(LogLevel::info, "the certificate has been read again: " + options.tls.fingerprint());
  } catch (const std::exception& e) {
    log.write(LogLevel::error, fmt::format("{}; the certificate stays as it was", e.what()));
  }
}

void log_fibers(StderrLog& log) {
  std::istringstream lines(fibers_text());
  for (std::string line; std::getline(lines, line);) log.write(LogLevel::info, line);
}

// Waits for the end. On SIGHUP the certificate is read again, on SIGQUIT the fibers are listed; the other signals
// change nothing.
int wait_for_end(ServeOptions& options, Server& server, Signals& signals, StderrLog& log) {
  for (;;) {
    const int number = signals.wait();
    if (number == SIGINT || number == SIGTERM) return number;
    if (number == SIGHUP) reload_certificate(options, server, log);
    if (number == SIGQUIT) log_fibers(log);
  }
}

// Stores "BURST:RATE", or "0" for no limit. False: it is neither.
bool parse_flood(std::string_view given, doors::Options& options) {
  const auto read = [](std::string_view text, std::size_t& number) {
    const char* end = text.data() + text.size();
    const auto done = std::from_chars(text.data(), end, number);
    return done.ec == std::errc() && done.ptr == end && number >= 1 && number <= 1'000'000;
  };
  const std::size_t colon = std::min(given.find(':'), given.size() - 1);
  if (given == "0") options.flood_rate = 0;
  return given == "0" ||
         (read(given.substr(0, colon), options.flood_burst) && read(given.substr(colon + 1), options.flood_rate));
}

std::string check_flood(const std::string& given) {
  doors::Options ignored;
  return parse_flood(given, ignored) ? "" : "'" + given + "' is neither BURST:RATE, such as 20:2, nor 0";
}

// A self-signed certificate is made anew before it expires, however long the server runs.
Fiber<> watch_certificate(ServeOptions& options, Server& server, StderrLog& log) {
  return spawn([&] {
    for (;;) {
      sleep(std::chrono::hours(24));
      if (options.tls.is_due()) reload_certificate(options, server, log);
    }
  });
}

int serve_until_signal(ServeOptions& options, chat::Archive& archive, Signals& signals, StderrLog& log) {
  doors::Options door_options;
  door_options.version = LOQUAT_VERSION;
  door_options.max_connections = raise_descriptor_limit(door_options.max_connections);
  door_options.hosts = options.hosts;
  door_options.origins = options.origins;
  for (const std::string& proxy : options.proxies) door_options.trusted_proxies.add(proxy);
  door_options.replay = !options.no_replay;
  door_options.operator_key = operator_key(options.data);
  parse_flood(options.flood, door_options);
  Server server(archive, door_options, &log);
  const Detector detector;
  server.context().detector = &detector;
  if (options.tls.use()) load_certificate(options, server);
  std::optional<AdminSocket> admin;
  admin.emplace(server.log(), options.data, log);
  std::uint16_t port = 0;
  for (auto& where : options.listen) {
    Address bound = options.lan ? server.listen_everywhere(where) : server.listen(where);
    if (port == 0) port = bound.port();
    announce(bound);
  }
  if (options.tls.use()) announce_tls(options);
  if (options.lan) invite(port, server.context().options.operator_key);
  bool person = ::isatty(STDIN_FILENO) == 1;
  std::optional<OperatorConsole> console;
  console.emplace(server.log(), server.context().options.lobby, STDIN_FILENO, STDOUT_FILENO, !person);
  const Fiber<> watch = watch_certificate(options, server, log);
  const int number = wait_for_end(options, server, signals, log);
  watch.cancel();
  watch.join();
  log.write(LogLevel::info, fmt::format("{}: shutting down", number == SIGINT ? "interrupted" : "terminated"));
  auto impatient = spawn([&signals] {
    signals.wait();
    std::_Exit(1);  // asked twice: every line that anybody has seen is on disk already
  });
  admin.reset();
  console.reset();
  if (!server.stop("the server is shutting down", 5s)) {
    log.write(LogLevel::warning, "some clients did not take their last lines within 5 s");
  }
  impatient.cancel();
  return 0;
}

int serve(ServeOptions options) {
  if (options.lan && options.listen.empty()) options.listen = {":7777"};
  for (const auto& where : options.listen) {
    if (options.lan && !where.starts_with(':'))
      throw std::runtime_error("--lan listens on all addresses: leave out the host in --listen " + where);
  }
  if (options.listen.empty()) options.listen = {"127.0.0.1:7777"};
  if (options.data.empty()) options.data = data_home();
  if (options.workers == 0) options.workers = std::max(1u, std::thread::hardware_concurrency());
  // Those that would end it and are no wish to do so: logrotate, a closed terminal, a script's mistake.
  Signals signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  for (const int number : {SIGTTIN, SIGTTOU}) std::signal(number, SIG_IGN);  // `loquat serve &` must not stop
  StderrLog log(options.verbose ? LogLevel::debug : LogLevel::info);
  archive::SqliteArchive archive(options.data);
  log.write(LogLevel::info, "the history is in " + options.data);
  RunOptions run_options;
  run_options.workers = options.workers;
  run_options.log = &log;
  return run([&] { return serve_until_signal(options, archive, signals, log); }, run_options);
}

}  // namespace

void add_serve(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "the chat server: browser, IRC, netcat and terminal on one port");
  command
      ->add_option("--listen", options->listen,
                   "HOST:PORT, :PORT, [v6]:PORT or unix:PATH; may be repeated (default 127.0.0.1:7777)")
      ->type_name("ADDR");
  command->add_flag("--lan", options->lan, "listen on all addresses and print how to invite others");
  command->add_option("--host", options->hosts, "a host name that browsers may use for the page; may be repeated")
      ->type_name("NAME");
  command
      ->add_option("--allowed-origin", options->origins,
                   "a further page that may open a WebSocket, such as https://example.org:8443; may be repeated")
      ->type_name("ORIGIN");
  command
      ->add_option("--trusted-proxy", options->proxies,
                   "a proxy whose word about its clients' addresses counts: ADDR, ADDR/PREFIX or unix; may be repeated")
      ->type_name("ADDR");
  command->add_option("--data", options->data, "the directory of the history (default ~/.local/share/loquat)")
      ->type_name("DIR");
  command->add_option("--workers", options->workers, "number of serving threads, 1 to 256 (default: one per core)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  command->add_flag("--no-replay", options->no_replay,
                    "show no old lines to whoever enters a room; clients can still ask for them");
  command
      ->add_option(
          "--flood", options->flood,
          "BURST:RATE, lines that a guest may say at once, and a second after that; the server reads a faster one more "
          "slowly; 0: no limit (default 20:2)")
      ->type_name("LINES")
      ->check(check_flood);
  options->tls.add_to(*command);
  command->add_flag("-v,--verbose", options->verbose, "also log what unknown clients do");
  command->footer(
      "Examples:\n"
      "  loquat serve                              for this machine alone\n"
      "  loquat serve --lan                        for everybody in the network\n"
      "  loquat serve --listen :7777 --host chat.example.org\n"
      "  loquat serve --lan --tls-self-signed      with TLS; SIGHUP reads the certificate again\n"
      "What you type goes to the lobby; /help lists the commands. Ctrl-C ends the server.\n"
      "SIGQUIT lists in the log what each fiber is doing.\n"
      "Without a terminal: loquat admin.");
  command->callback([options, &chosen] { chosen = [options] { return serve(*options); }; });
}

}  // namespace loquat::tool
