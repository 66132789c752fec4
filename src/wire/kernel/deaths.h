// deaths.h - TCP sockets that the kernel destroys, as it reports them: polling would miss them.
//
// Namespace, threads, addresses and errors are as in sock_diag.h. No privileges are needed.
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

// Reports each TCP socket of the namespace when it is destroyed, with its last TcpInfo.
// A socket is reported when it enters TIME-WAIT. One that its program reset by SO_LINGER 0 has no peer any more (port
// 0) and no counts: the kernel disconnects it first. Namespace, threads, addresses, errors: as SockDiag.
class Deaths {
 public:
  Deaths();
  ~Deaths();
  Deaths(const Deaths&) = delete;
  Deaths& operator=(const Deaths&) = delete;

  int fileno() const noexcept { return netlink_; }  // readable when next() has something
  // Returns the next one without waiting; nullopt if there is none.
  std::optional<SocketFacts> next();
  // How often the kernel dropped reports because a burst of thousands was not read in time.
  std::uint64_t missed() const noexcept { return missed_; }

 private:
  int netlink_;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> rest_;
  std::uint64_t missed_ = 0;
};

}  // namespace loquat::wire::kernel
