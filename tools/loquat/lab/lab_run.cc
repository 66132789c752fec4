#include <csignal>
#include <optional>

#include <fmt/core.h>

#include "../help/message_text.h"
#include "../wire/showing.h"
#include "../wire/wire.h"
#include "control.h"
#include "lab.h"
#include "wire/kernel/host_programs.h"
#include "wire/kernel/sock_diag.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

using namespace std::chrono_literals;
using wire::Side;
using wire::kernel::HostPrograms;

constexpr Duration max_server_start = 5s;  // until the other server listens
constexpr Duration max_time_to_end = 3s;   // for the command to end after a signal

volatile std::sig_atomic_t signal_that_came = 0;
void note_signal(int number) { signal_that_came = number; }

// Ctrl-C also reaches the command, which is in our process group; SIGTERM and SIGHUP reach only us.
int wait_for(HostPrograms& programs, pid_t command) {
  TimePoint killed_at = never;
  for (;; sleep(2ms)) {
    if (const auto status = programs.ended(command)) return *status;
    if (signal_that_came != 0 && killed_at == never) {
      if (signal_that_came != SIGINT) programs.signal(command, SIGTERM);
      killed_at = now() + max_time_to_end;
    }
    if (now() >= killed_at) programs.signal(command, SIGKILL);
  }
}

// Waits for the server's first TCP socket. A UDP server has none, so not for ever.
void wait_until_it_listens(wire::Lab& lab, const HostPrograms& programs, pid_t server) {
  const auto diag = lab.network().in(Side::server, [] { return std::make_unique<wire::kernel::SockDiag>(); });
  const bool listens = lab.wait_until(
      [&] {
        if (const auto status = programs.ended(server)) throw wire::Stopped(wire::texts::server_ended_with(*status));
        return !diag->dump(wire::kernel::Detail::state).empty();
      },
      max_server_start);
  if (!listens)
    complain(fmt::format("the server listens at no TCP port after {} s; the command starts nevertheless.",
                         max_server_start / 1s));
}

void run_programs(wire::Lab& lab, const WireLabOptions& options, int& status) {
  for (const Side side : {Side::client, Side::server})
    lab.network().sysctl(side, "tcp_early_retrans", "3");  // Linux' own
  HostPrograms programs(lab.network());
  if (options.server.empty()) {
    serve_web(lab);
    serve_echo(lab);
  } else {
    lab.network().sysctl(Side::server, "ip_unprivileged_port_start", "0");
    wait_until_it_listens(lab, programs, programs.start(Side::server, {"sh", "-c", options.server}));
  }
  status = wait_for(programs, programs.start(Side::client, options.command));
  lab.settle(50ms);
  lab.conclude({});
}

}  // namespace

int run_wire_lab(const WireLabOptions& options) {
  WireShowing showing(options.output, {}, options.pcapng, options.vantage);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, note_signal);
  int status = 1;
  const wire::Scenario scenario{.name = "lab",
                                .run = [&](wire::Lab& lab, wire::Story&) { run_programs(lab, options, status); },
                                .port = 0,
                                .max_time = std::chrono::hours(24)};
  wire::LabOptions lab;
  lab.sink = [&](const wire::Row& row) { showing.add(row); };
  lab.faults = options.faults;
  lab.ipv6 = options.ipv6;
  lab.tell_held = true;
  try {
    std::string title;
    for (const std::string& word : options.command) title += (title.empty() ? "" : " ") + word;
    play(scenario, {title, {}}, options.seed, std::move(lab));
  } catch (const wire::kernel::Unavailable& e) {
    tell_no_lab(e, wire_language(options.output.language));
    return exit_unavailable;
  }
  showing.finish();
  return status;
}

}  // namespace loquat::tool
