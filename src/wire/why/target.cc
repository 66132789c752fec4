#include "wire/why/target.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "wire/why/listening.h"

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

}  // namespace

bool Target::is_local(const kernel::SocketFacts& socket) const {
  return everything() || (port && socket.local.port() == *port) ||
         std::any_of(addresses.begin(), addresses.end(), [&](auto& each) { return has_address(socket, each); });
}

bool Target::is_remote(const kernel::SocketFacts& socket) const {
  return (port && socket.remote.port() == *port) ||
         std::find(addresses.begin(), addresses.end(), socket.remote) != addresses.end();
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

std::vector<std::size_t> choose(const Target& target, const SocketSurvey& survey) {
  std::vector<std::size_t> chosen;
  auto take = [&](auto wanted) {
    for (std::size_t i = 0, end = chosen.empty() ? survey.sockets().size() : 0; i < end; ++i) {
      if (wanted(survey.sockets()[i])) chosen.push_back(i);
    }
  };
  using Facts = kernel::SocketFacts;
  take([&](const Facts& each) { return target.is_local(each); });
  take([&](const Facts& each) { return target.is_remote(each); });
  take([&](const Facts& each) { return target.pid && owned_by(survey.owners().of(each.inode), *target.pid); });
  return chosen;
}

}  // namespace loquat::wire
