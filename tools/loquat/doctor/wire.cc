// What the microscope stands on: namespaces, packet sockets, sock_diag.
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
#include "wire/kernel/private_network.h"
#include "wire/kernel/sock_diag.h"
#include "wire/text/phrase.h"

namespace loquat::tool {
namespace {

using wire::kernel::OwnedFd;

// What a child process says before it ends, so that its namespaces go with it. Empty: all is well.
template <class Attempt>
std::string said_by_child(Attempt attempt) {
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
  std::string said;
  std::array<char, 512> piece{};
  for (ssize_t got = 0; (got = ::read(reader.get(), piece.data(), piece.size())) > 0;)
    said.append(piece.data(), static_cast<std::size_t>(got));
  ::waitpid(child, nullptr, 0);
  return said;
}

// "reason\nremedy" of making a lab; empty if it can be made.
std::string lab_trouble() {
  return said_by_child([]() -> std::string {
    try {
      wire::kernel::PrivateNetwork network({});
      return {};
    } catch (const wire::kernel::Unavailable& e) {
      return std::string(e.what()) + "\n" + e.remedy();
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
  return said_by_child(
             []() -> std::string { return ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? "" : std::strerror(errno); })
      .empty();
}

}  // namespace

Check check_user_namespaces() {
  return unless(may_unshare() ? "" : lab_trouble(), "user namespaces", "wire play, wire lab",
                {"an ordinary user may have networks of his own", "普通用户可以建立自己的网络"});
}

Check check_lab() {
  if (!may_unshare()) {
    Check check{"lab",
                "wire play, wire lab",
                false,
                false,
                {"needs user namespaces; recordings are played instead", "需要用户命名空间；改为播放录制"},
                "see user namespaces"};
    return check;
  }
  return unless(
      lab_trouble(), "lab", "wire play, wire lab",
      {"two hosts and the wire between them: veth and AF_PACKET work", "两台主机和中间的线：veth 与 AF_PACKET 可用"});
}

Check check_sock_diag() {
  Check check{"sock_diag", "wire why", true, false, {}, {}};
  try {
    std::size_t count = wire::kernel::SockDiag().dump().size();
    check.text =
        wire::phrase("the kernel tells of {0} TCP sockets", "内核报告了 {0} 个 TCP 套接字", {std::to_string(count)});
  } catch (const OSError& e) {
    check.ok = false;
    check.text = {e.what(), e.what()};
    check.remedy = "sudo modprobe tcp_diag (CONFIG_INET_DIAG), or a container profile that allows netlink";
  }
  return check;
}

Check check_deaths() {
  Check check{"death notices",
              "wire why --follow",
              true,
              false,
              {"the kernel tells which sockets die", "内核会通知套接字的消亡"},
              {}};
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
  if (packet.get() >= 0)
    return {"capture",
            "wire watch",
            true,
            false,
            {"frames of the machine's own interfaces may be read", "可以读取本机网卡上的帧"},
            {}};
  std::error_code error;
  std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return {"capture",
          "wire watch",
          false,
          false,
          wire::phrase(
              "no right to read the frames of the machine's own interfaces ({0}); the lab, why and files need none",
              "没有读取本机网卡帧的权限（{0}）；实验、why 和文件不需要它", {std::string(std::strerror(errno))}),
          fmt::format("sudo setcap cap_net_raw+ep {}", self)};
}

}  // namespace loquat::tool
