// What the microscope needs: namespaces, packet sockets, sock_diag.
#include <net/ethernet.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>

#include <fmt/core.h>

#include "loquat/error.h"
#include "parts.h"
#include "wire/kernel/deaths.h"
#include "wire/kernel/network/private_network.h"
#include "wire/kernel/sock_diag.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

namespace texts = wire::texts;
using wire::kernel::OwnedFd;

// Runs `attempt` in a child process, so that its namespaces end with it. Returns the attempt's text; empty: it worked.
template <class Attempt>
std::string tried_in_child(Attempt attempt) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return std::strerror(errno);
  OwnedFd reader(ends[0]), writer(ends[1]);
  pid_t child = ::fork();
  if (child == 0) {
    std::string text = attempt();
    ssize_t written = ::write(writer.get(), text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  if (child < 0) return std::strerror(errno);
  writer = OwnedFd();
  std::string result;
  std::array<char, 512> piece{};
  for (ssize_t got = 0; (got = ::read(reader.get(), piece.data(), piece.size())) > 0;)
    result.append(piece.data(), static_cast<std::size_t>(got));
  ::waitpid(child, nullptr, 0);
  return result;
}

// Tries to make a lab. Returns "reason\nremedy", or nothing if it works.
std::string lab_trouble() {
  return tried_in_child([]() -> std::string {
    try {
      wire::kernel::PrivateNetwork network({});
      return {};
    } catch (const wire::kernel::Unavailable& e) {
      return std::string(e.what()) + "\n" + e.remedy().en;
    } catch (const std::exception& e) {
      return std::string(e.what()) + "\nmodprobe veth; a kernel with CONFIG_VETH and CONFIG_PACKET";
    }
  });
}

Check unless(const std::string& trouble, const char* name, const char* used_by, const wire::Text& well) {
  Check check{name, used_by, trouble.empty(), false, well, {}};
  if (check.ok) return check;
  std::size_t line = trouble.find('\n');
  check.text = {trouble.substr(0, line), {}};
  check.remedy = line == std::string::npos ? "" : trouble.substr(line + 1);
  return check;
}

bool may_unshare() {
  return tried_in_child(
             []() -> std::string { return ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? "" : std::strerror(errno); })
      .empty();
}

}  // namespace

Check check_user_namespaces() {
  return unless(may_unshare() ? "" : lab_trouble(), "user namespaces", "wire play, wire lab",
                texts::networks_for_users);
}

Check check_lab() {
  if (!may_unshare()) {
    Check check{"lab", "wire play, wire lab", false, false, texts::lab_needs_namespaces, "see user namespaces"};
    return check;
  }
  return unless(lab_trouble(), "lab", "wire play, wire lab", texts::lab_works);
}

Check check_sock_diag() {
  Check check{"sock_diag", "wire why", true, false, {}, {}};
  try {
    std::size_t count = wire::kernel::SockDiag().dump().size();
    check.text = texts::sock_diag_works(count);
  } catch (const OSError& e) {
    check.ok = false;
    check.text = {e.what(), e.what()};
    check.remedy = "sudo modprobe tcp_diag (CONFIG_INET_DIAG), or a container profile that allows netlink";
  }
  return check;
}

Check check_deaths() {
  Check check{"death notices", "wire why --follow", true, false, texts::deaths_are_notified, {}};
  try {
    wire::kernel::Deaths deaths;
  } catch (const OSError& e) {
    check.ok = false;
    check.text = {e.what(), e.what()};
    check.remedy = "sudo modprobe tcp_diag; a kernel from 4.3 on";
  }
  return check;
}

Check check_capture() {
  OwnedFd packet(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (packet.get() >= 0) return {"capture", "wire watch", true, false, texts::capture_allowed, {}};
  std::error_code error;
  std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return {"capture",
          "wire watch",
          false,
          false,
          texts::capture_denied(std::strerror(errno)),
          fmt::format("sudo setcap cap_net_raw+ep {}", self)};
}

}  // namespace loquat::tool
