// scenario.h - what can be played: each scenario is a short program for the client, the server and the wire.
//
//   for (const Scenario& scenario : scenarios()) ...
//   play(*find_scenario("close"), {.sink = show});
//
// Its texts (title, what it teaches, explanation) are in files/scenarios/NAME.md (scenario_text.h).
//
// Layer: wire (docs/layers.txt).  Start at close.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "wire/kernel/network/private_network.h"
#include "wire/lab/lab.h"

namespace loquat::wire {

struct Scenario {
  std::string_view name;
  std::function<void(Lab&, Story&)> run;
  kernel::NetworkOptions network{};
  std::uint16_t port = 80;                       // the server's; 0: any
  Duration max_time = std::chrono::seconds(30);  // then it is stopped
};

// All scenarios, in the order in which a beginner meets them.
const std::vector<Scenario>& scenarios();
// nullptr if there is no scenario of that name.
const Scenario* find_scenario(std::string_view name);

// False for those about ARP, ICMP or DNS for IPv4, and those for which the wire makes IPv4 packets.
bool plays_over_ipv6(const Scenario& scenario);

// Plays it: makes the two hosts, runs the programs, tells every row to options.sink, Begin and End included. Returns
// whether it ended as specified. `title` and `seed` are for Begin. For a process with one thread, once: it leaves the
// process in a user namespace of its own. Throws kernel::Unavailable where there can be no lab.
bool play(const Scenario& scenario, const Text& title, std::uint64_t seed, LabOptions options);

// One file of scenarios each.
std::vector<Scenario> open_scenarios();
std::vector<Scenario> close_scenarios();
std::vector<Scenario> reset_scenarios();
std::vector<Scenario> life_scenarios();
std::vector<Scenario> loss_scenarios();
std::vector<Scenario> flow_scenarios();
std::vector<Scenario> slow_scenarios();
std::vector<Scenario> attack_scenarios();
std::vector<Scenario> below_scenarios();
std::vector<Scenario> icmp_scenarios();
std::vector<Scenario> above_scenarios();
std::vector<Scenario> tls_scenarios();

}  // namespace loquat::wire
