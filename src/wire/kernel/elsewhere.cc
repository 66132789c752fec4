#include "wire/kernel/elsewhere.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

#include "loquat/error.h"
#include "wire/kernel/network/private_network.h"
#include "wire/kernel/owners.h"

namespace loquat::wire::kernel {
namespace {

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<PortLine> ports_of(const std::string& process) {
  auto lines = parse_ports(content("/proc/" + process + "/net/tcp"));
  auto more = parse_ports(content("/proc/" + process + "/net/tcp6"));
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

// Empty if it may not be seen.
std::string network_of(const std::string& process) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + process + "/ns/net", error).string();
}

OwnedFd open_namespace(pid_t pid, const char* kind) {
  std::string path = "/proc/" + std::to_string(pid) + "/ns/" + kind;
  OwnedFd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.get() < 0) throw_oserror(errno, {"setns", path, "", 0});
  return opened;
}

}  // namespace

std::vector<PortLine> parse_ports(const std::string& text) {
  std::vector<PortLine> found;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string local, skipped;
    PortLine each;
    fields >> skipped >> local;
    for (int i = 0; i < 7; ++i) fields >> skipped;
    std::size_t colon = local.rfind(':');
    if (!(fields >> each.inode) || colon == std::string::npos) continue;
    each.port = static_cast<std::uint16_t>(std::strtoul(local.c_str() + colon + 1, nullptr, 16));
    found.push_back(each);
  }
  return found;
}

bool is_elsewhere(pid_t pid) {
  std::string network = network_of(std::to_string(pid));
  return !network.empty() && network != network_of("thread-self");
}

std::vector<Elsewhere> find_elsewhere(std::uint16_t port) {
  std::set<std::string> known{network_of("thread-self")};
  std::set<std::uint64_t> told;  // sockets of namespaces that have been told, and of our own
  for (const PortLine& each : ports_of("thread-self")) told.insert(each.inode);
  std::vector<Elsewhere> found;
  for (pid_t pid : processes()) {
    std::string network = network_of(std::to_string(pid));
    if (!network.empty() && !known.insert(network).second) continue;
    for (const PortLine& each : ports_of(std::to_string(pid))) {
      if (each.port != port || each.inode == 0 || !told.insert(each.inode).second) continue;
      if (found.empty() || found.back().pid != pid) found.push_back({pid, program_of(pid)});
    }
  }
  return found;
}

void enter_network_of(pid_t pid) {
  OwnedFd network = open_namespace(pid, "net");
  if (::setns(network.get(), CLONE_NEWNET) == 0) return;
  OwnedFd user = open_namespace(pid, "user");
  if (::setns(user.get(), CLONE_NEWUSER) == 0 && ::setns(network.get(), CLONE_NEWNET) == 0) return;
  throw_oserror(errno, {"setns", "/proc/" + std::to_string(pid) + "/ns/net", "", 0});
}

}  // namespace loquat::wire::kernel
