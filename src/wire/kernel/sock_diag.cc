#include "wire/kernel/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "loquat/error.h"
#include "wire/kernel/diag_message.h"

namespace loquat::wire::kernel {
namespace {

// Every state but those of linux/tcp_states.h that are no TCP state: since Linux 6.8 all bits would also list sockets
// that are only bound, as CLOSED.
constexpr std::uint32_t every_state = 0x1ffe;
constexpr std::size_t buffer_size = 64 * 1024;  // the kernel fills up to 32 KiB at once

struct DiagRequest {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

DiagRequest make_request(int family, Detail detail, std::uint16_t flags, std::uint32_t sequence) {
  DiagRequest request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  request.header.nlmsg_seq = sequence;
  request.body.sdiag_family = static_cast<std::uint8_t>(family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = every_state;
  request.body.id.idiag_cookie[0] = request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (detail != Detail::state) request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  if (detail == Detail::all) request.body.idiag_ext |= (1U << (INET_DIAG_CONG - 1)) | (1U << (INET_DIAG_SKMEMINFO - 1));
  return request;
}

}  // namespace

int open_sock_diag() {
  int number = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (number < 0) fail_sock_diag(errno);
  return number;
}

void fail_sock_diag(int error_number) { throw_oserror(error_number, {"sock_diag", "", "", 0}); }

SockDiag::SockDiag() : netlink_(open_sock_diag()), buffer_(buffer_size) {}
SockDiag::~SockDiag() { ::close(netlink_); }

std::size_t SockDiag::receive() {
  for (;;) {
    ssize_t got = ::recv(netlink_, buffer_.data(), buffer_.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) fail_sock_diag(errno);
  }
}

std::optional<SocketFacts> SockDiag::exact(const Address& local, const Address& remote, Detail detail) {
  DiagRequest request = make_request(AF_INET, detail, 0, ++sequence_);
  if (!put_identity(local, remote, request.body)) return std::nullopt;
  if (::send(netlink_, &request, sizeof(request), 0) < 0) fail_sock_diag(errno);
  for (;;) {  // the kernel has answered when send() returns
    std::span<const std::byte> rest(buffer_.data(), receive());
    while (auto message = next_message(rest)) {
      if (message->sequence != sequence_) continue;
      if (message->error == ENOENT) return std::nullopt;
      if (message->error != 0) fail_sock_diag(message->error);
      return read_facts(message->body);
    }
  }
}

std::vector<SocketFacts> SockDiag::dump(Detail detail) {
  std::vector<SocketFacts> found;
  each(detail, [&](std::span<const std::byte> body) {
    if (auto facts = read_facts(body)) found.push_back(*std::move(facts));
  });
  return found;
}

void SockDiag::each(Detail detail, const std::function<void(std::span<const std::byte>)>& take) {
  for (int family : {AF_INET, AF_INET6}) each(family, detail, take);
}

void SockDiag::each(int family, Detail detail, const std::function<void(std::span<const std::byte>)>& take) {
  DiagRequest request = make_request(family, detail, NLM_F_DUMP, ++sequence_);
  if (::send(netlink_, &request, sizeof(request), 0) < 0) fail_sock_diag(errno);
  for (;;) {
    std::span<const std::byte> rest(buffer_.data(), receive());
    while (auto message = next_message(rest)) {
      if (message->sequence != sequence_) continue;
      if (message->error == ENOENT) return;  // a kernel without this family
      if (message->error != 0) fail_sock_diag(message->error);
      if (message->done) return;
      take(message->body);
    }
  }
}

std::string_view name(Timer timer) noexcept {
  static constexpr std::array<std::string_view, 5> names = {"none", "retransmit", "keepalive", "time-wait", "persist"};
  return names[static_cast<std::size_t>(timer)];
}

}  // namespace loquat::wire::kernel
