#include "wire/kernel/deaths.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "wire/kernel/diag_message.h"

namespace loquat::wire::kernel {

Deaths::Deaths() : netlink_(open_sock_diag()), buffer_(64 * 1024) {
  // Bound first: without an address of its own the socket hears nothing of its groups.
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  bool ready = ::bind(netlink_, reinterpret_cast<const sockaddr*>(&self), sizeof(self)) == 0;
  for (int group : {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY}) {
    ready = ready && ::setsockopt(netlink_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0;
  }
  int room = 1 << 20;
  if (ready) ::setsockopt(netlink_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));  // a larger one only spares misses
  if (ready) return;
  int error_number = errno;
  ::close(netlink_);
  fail_sock_diag(error_number);
}

Deaths::~Deaths() { ::close(netlink_); }

std::optional<SocketFacts> Deaths::next() {
  for (;;) {
    while (auto message = next_message(rest_)) {
      auto facts = message->error == 0 && !message->done ? read_facts(message->body) : std::nullopt;
      if (facts) return facts;
    }
    ssize_t got = ::recv(netlink_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got > 0) {
      rest_ = std::span<const std::byte>(buffer_.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == ENOBUFS) {
      ++missed_;
    } else if (got == 0 || errno == EAGAIN) {
      return std::nullopt;
    } else if (errno != EINTR) {
      fail_sock_diag(errno);
    }
  }
}

}  // namespace loquat::wire::kernel
