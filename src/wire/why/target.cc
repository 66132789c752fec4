#include "wire/why/target.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <stdexcept>

namespace loquat::wire {
namespace {

std::optional<int> number_of(std::string_view digits) {
  int number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
  auto number = number_of(digits);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

bool owned_by(const std::vector<kernel::Owner>& owners, int pid) {
  return std::any_of(owners.begin(), owners.end(), [pid](const kernel::Owner& each) { return each.pid == pid; });
}

// A socket bound to the wildcard has every address.
bool same_end(const Address& socket, const Address& asked) {
  bool anywhere = socket.host() == "0.0.0.0" || socket.host() == "::";
  return socket.port() == asked.port() && (anywhere || socket.host() == asked.host());
}

bool any_of(const std::vector<Address>& asked, const Address& socket) {
  return std::any_of(asked.begin(), asked.end(), [&](const Address& each) { return same_end(socket, each); });
}

}  // namespace

bool Target::is_local(const Observation& seen) const {
  return everything() || (port && seen.last.local.port() == *port) || any_of(addresses, seen.last.local);
}

bool Target::is_remote(const Observation& seen) const {
  return (port && seen.last.remote.port() == *port) || any_of(addresses, seen.last.remote);
}

Target parse_target(std::string_view text) {
  Target target{std::string(text), {}, {}, {}};
  if (text.empty()) return target;
  if (text.starts_with("pid:")) {
    target.pid = number_of(text.substr(4));
    if (!target.pid) throw std::invalid_argument("\"" + target.text + "\": a process is pid:NUMBER");
    return target;
  }
  if (auto number = number_of(text)) {
    target.pid = number;
    target.port = port_of(text);
    return target;
  }
  if (text.starts_with(':')) {
    target.port = port_of(text.substr(1));
    if (!target.port) throw std::invalid_argument("\"" + target.text + "\": a port is 1 to 65535");
    return target;
  }
  HostPort parts = parse_host_port(text);
  if (!parts.unix_path.empty()) throw std::invalid_argument("Unix sockets have no TCP");
  for (const AddressInfo& each : getaddrinfo(parts.host, parts.port)) target.addresses.push_back(each.address);
  return target;
}

std::vector<Observation> choose(const Target& target, std::vector<Observation> all) {
  std::vector<Observation> chosen;
  auto take = [&](auto wanted) {
    if (chosen.empty()) std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), wanted);
  };
  take([&](const Observation& each) { return target.is_local(each); });
  take([&](const Observation& each) { return target.is_remote(each); });
  take([&](const Observation& each) { return target.pid && owned_by(each.owners, *target.pid); });
  return chosen;
}

}  // namespace loquat::wire
