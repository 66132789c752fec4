#include "wire/kernel/network/netlink.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "loquat/error.h"
#include "wire/kernel/network/private_network.h"

namespace loquat::wire::kernel {
namespace {

constexpr std::size_t alignment = NLMSG_ALIGNTO;

}  // namespace

void LinkRequest::start(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  append(std::as_bytes(std::span(&header, 1)));
}

void LinkRequest::append(std::span<const std::byte> bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  buffer_.resize((buffer_.size() + alignment - 1) / alignment * alignment);
}

void LinkRequest::bytes(std::uint16_t type, std::span<const std::byte> value) {
  const nlattr header{static_cast<std::uint16_t>(sizeof(nlattr) + value.size()), type};
  append(std::as_bytes(std::span(&header, 1)));
  append(value);
}

void LinkRequest::text(std::uint16_t type, std::string_view value) {
  std::vector<std::byte> zero_ended(value.size() + 1);
  std::memcpy(zero_ended.data(), value.data(), value.size());
  bytes(type, zero_ended);
}

std::size_t LinkRequest::begin(std::uint16_t type) {
  const std::size_t begun = buffer_.size();
  bytes(type, {});
  return begun;
}

void LinkRequest::end(std::size_t begun) {
  const auto length = static_cast<std::uint16_t>(buffer_.size() - begun);
  std::memcpy(buffer_.data() + begun, &length, sizeof length);  // nlattr begins with its length
}

void LinkRequest::send() {
  const auto length = static_cast<std::uint32_t>(buffer_.size());
  std::memcpy(buffer_.data(), &length, sizeof length);  // and so does nlmsghdr
  const OwnedFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (netlink.get() < 0) throw_oserror(errno, {"netlink socket", {}, {}});
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(netlink.get(), buffer_.data(), buffer_.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel) <
      0)
    throw_oserror(errno, {"netlink send", {}, {}});
  alignas(nlmsghdr) std::array<std::byte, 4096> answer;
  const ssize_t got = ::recv(netlink.get(), answer.data(), answer.size(), 0);
  if (got < 0) throw_oserror(errno, {"netlink recv", {}, {}});
  struct {
    nlmsghdr header;
    nlmsgerr error;
  } reply{};
  std::memcpy(&reply, answer.data(), std::min(sizeof reply, static_cast<std::size_t>(got)));
  if (reply.header.nlmsg_type == NLMSG_ERROR && reply.error.error != 0)
    throw_oserror(-reply.error.error, {"netlink request " + std::to_string(reply.error.msg.nlmsg_type), {}, {}});
}

}  // namespace loquat::wire::kernel
