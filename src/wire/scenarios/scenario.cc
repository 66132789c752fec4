#include "wire/scenarios/scenario.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "loquat/run.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

std::string this_system() {
  utsname system{};
  ::uname(&system);
  std::string release = system.release;  // "6.18.44-foo": the first two numbers say enough
  if (const auto dot = release.find('.'); dot != std::string::npos)
    release.resize(std::min(release.find('.', dot + 1), release.size()));
  return texts::lab_system(std::string(system.sysname) + " " + release, ::geteuid()).en;
}

// "10.0.0.1:40000", "[fd00::1]:40000"; port 0: "10.0.0.1".
std::string end_text(const kernel::PrivateNetwork& network, Side side, std::uint16_t port) {
  const std::string_view address = network.address(side);
  return port == 0 ? std::string(address) : Address(address, port).str();
}

// Runs it to its end, or until it cannot go on. Time that a watcher takes does not count.
void run_script(const Scenario& scenario, Lab& lab) {
  const Fiber<void> script = spawn([&] { scenario.run(lab, lab.story()); });
  const bool ended = lab.wait_until([&] { return script.done(); }, scenario.max_time);
  if (!ended) script.cancel();
  try {
    script.get();
  } catch (const CancelledError&) {
    lab.stopped(texts::its_time_is_over);
  } catch (const Stopped& e) {
    lab.stopped(e.why);
  } catch (const OSError& e) {
    lab.stopped({e.what(), {}});
  }
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> found;
    // In the order in which a beginner meets them.
    for (const auto group : {
             open_scenarios,
             close_scenarios,
             reset_scenarios,
             loss_scenarios,
             flow_scenarios,
             slow_scenarios,
             life_scenarios,
             attack_scenarios,
             below_scenarios,
             icmp_scenarios,
             above_scenarios,
             tls_scenarios,
         }) {
      for (Scenario& scenario : group()) found.push_back(scenario);
    }
    return found;
  }();
  return all;
}

bool plays_over_ipv6(const Scenario& scenario) {
  static constexpr std::array<std::string_view, 9> ipv4_only = {
      "arp", "icmp-reject", "pmtud", "ping", "traceroute", "syn-flood", "syn-cookies", "challenge-ack", "dns"};
  return std::find(ipv4_only.begin(), ipv4_only.end(), scenario.name) == ipv4_only.end();
}

const Scenario* find_scenario(std::string_view name) {
  for (const Scenario& scenario : scenarios())
    if (scenario.name == name) return &scenario;
  return nullptr;
}

bool play(const Scenario& scenario, const Text& title, std::uint64_t seed, LabOptions options) {
  kernel::NetworkOptions hosts = scenario.network;
  hosts.ipv6 = options.ipv6;
  const kernel::PrivateNetwork network(hosts);
  Begin begin{
      .scenario = std::string(scenario.name), .title = title, .system = this_system(), .client = {}, .server = {}};
  begin.client = end_text(network, Side::client, scenario.port == 0 ? 0 : Lab::first_client_port);
  begin.server = end_text(network, Side::server, scenario.port);
  begin.seed = seed;
  options.port = scenario.port;
  return run(
      [&] {
        const auto sink = options.sink;
        const auto attend = options.attend;
        Lab lab(network, std::move(options));
        begin.wall_ns = lab.story().wall_start().count();
        if (sink) sink(begin);
        Fiber<void> watcher;
        if (attend) watcher = spawn([&] { attend(lab); });
        run_script(scenario, lab);
        lab.finish();
        if (watcher) {
          watcher.cancel();
          watcher.join();
        }
        return lab.story().as_specified();
      },
      {.poller = PollerKind::epoll, .stack_size = 512 * 1024});
}

}  // namespace loquat::wire
