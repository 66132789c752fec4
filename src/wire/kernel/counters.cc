#include "wire/kernel/counters.h"

#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace loquat::wire::kernel {
namespace {

// No counters, though they stand among them.
constexpr std::array<std::string_view, 7> settings = {"TcpRtoAlgorithm", "TcpRtoMin",    "TcpRtoMax",   "TcpMaxConn",
                                                      "TcpCurrEstab",    "IpForwarding", "IpDefaultTTL"};

std::string_view take_word(std::string_view& rest, char end) {
  std::size_t size = rest.find(end);
  std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size == std::string_view::npos ? rest.size() : size + 1);
  return word;
}

void parse_pair(std::string_view names, std::string_view values, CounterValues& counters) {
  std::string_view group = take_word(names, ':');
  if (take_word(values, ':') != group) return;
  std::string prefix(group == "TcpExt" ? "" : group);
  take_word(names, ' ');  // the blank behind the colon
  take_word(values, ' ');
  while (!names.empty() && !values.empty()) {
    std::string name = prefix + std::string(take_word(names, ' '));
    std::string_view digits = take_word(values, ' ');
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) continue;
    bool counts = true;
    for (std::string_view each : settings) counts = counts && name != each;
    if (counts) counters[name] = number;
  }
}

}  // namespace

CounterValues parse_counters(std::string_view text) {
  CounterValues counters;
  while (!text.empty()) {
    std::string_view names = take_word(text, '\n');
    parse_pair(names, take_word(text, '\n'), counters);
  }
  return counters;
}

CounterValues read_counters() {
  CounterValues counters;
  for (const char* path : {"/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp"}) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    counters.merge(parse_counters(text.str()));
  }
  // Of IPv6's file only this one: the others count neighbour discovery, which never rests.
  std::ifstream v6("/proc/thread-self/net/snmp6");
  std::string name;
  for (std::int64_t number = 0; v6 >> name >> number;) {
    if (name == "Icmp6InDestUnreachs") counters[name] = number;
  }
  return counters;
}

CounterValues moved(const CounterValues& before, const CounterValues& after) {
  CounterValues difference;
  for (const auto& [name, now] : after) {
    if (std::int64_t by = now - value(before, name); by != 0) difference[name] = by;
  }
  return difference;
}

std::int64_t value(const CounterValues& counters, const std::string& name) {
  auto found = counters.find(name);
  return found == counters.end() ? 0 : found->second;
}

}  // namespace loquat::wire::kernel
