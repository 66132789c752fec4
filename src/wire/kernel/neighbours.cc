#include "wire/kernel/neighbours.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <span>
#include <vector>

#include "wire/kernel/diag_message.h"

namespace loquat::wire::kernel {
namespace {

// The address of an entry that has no link address; "" of any other.
std::string failed_address(std::span<const std::byte> body) {
  if (body.size() < sizeof(ndmsg)) return {};
  const auto* entry = reinterpret_cast<const ndmsg*>(body.data());
  if ((entry->ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) == 0) return {};
  int left = static_cast<int>(body.size() - NLMSG_ALIGN(sizeof(ndmsg)));
  const auto* each = reinterpret_cast<const rtattr*>(body.data() + NLMSG_ALIGN(sizeof(ndmsg)));
  for (; RTA_OK(each, left); each = RTA_NEXT(each, left)) {
    char text[INET6_ADDRSTRLEN] = "";
    if (each->rta_type == NDA_DST && ::inet_ntop(entry->ndm_family, RTA_DATA(each), text, sizeof(text)) != nullptr)
      return text;
  }
  return {};
}

bool ask(int netlink) {
  struct {
    nlmsghdr header{};
    ndmsg body{};
  } request;
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETNEIGH;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  return ::send(netlink, &request, sizeof(request), 0) == static_cast<ssize_t>(sizeof(request));
}

}  // namespace

std::set<std::string> neighbours_that_failed() {
  std::set<std::string> found;
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) return found;
  std::vector<std::byte> buffer(64 * 1024);
  bool more = ask(netlink);
  while (more) {
    const ssize_t got = ::recv(netlink, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    std::span<const std::byte> rest(buffer.data(), static_cast<std::size_t>(got));
    while (auto message = next_message(rest)) {
      more = more && !message->done && message->error == 0;
      const std::string address = more ? failed_address(message->body) : "";
      if (!address.empty()) found.insert(address);
    }
  }
  ::close(netlink);
  return found;
}

}  // namespace loquat::wire::kernel
