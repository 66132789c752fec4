// deaths.h - TCP sockets that cease to be, told by the kernel: what a poll comes too late for.
//
// Namespace, threads, addresses and errors: as sock_diag.h says. No right is needed.
//
// Layer: wire (docs/layers.txt).  Source: sock_diag(7), linux/sock_diag.h (SKNLGRP_INET_TCP_DESTROY).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "wire/kernel/sock_diag.h"

namespace loquat::wire::kernel {

// Tells of each TCP socket of the namespace that ceases to be, with its last TcpInfo.
// Sockets in TIME-WAIT are told when they enter it. One that its program reset by SO_LINGER 0 has no peer any more
// (port 0) and no counts: the kernel has disconnected it first. Namespace, threads, addresses, errors: as SockDiag.
class Deaths {
 public:
  Deaths();
  ~Deaths();
  Deaths(const Deaths&) = delete;
  Deaths& operator=(const Deaths&) = delete;

  int fileno() const noexcept { return netlink_; }  // readable: there is something to take
  // The next one, without waiting; nullopt: none now.
  std::optional<SocketFacts> next();
  // How often the kernel had to drop notices, because a burst of thousands was not taken in time.
  std::uint64_t missed() const noexcept { return missed_; }

 private:
  int netlink_;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> rest_;
  std::uint64_t missed_ = 0;
};

}  // namespace loquat::wire::kernel
