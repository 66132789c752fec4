// own_connection.h - what a server can find out, without privileges, about a connection that it has accepted: the
// client's SYN itself, and what the kernel knows. Each fact says where it comes from.
//
//   keep_syns(listener);                          // before the clients come
//   OwnConnection mine(listener.accept(...));     // as early as possible
//   std::string json = mine.json(socket);         // at any time later
//
//   Missing   The server's own SYN-ACK, the client's ACK and all later frames: to see them needs the privilege to
//             capture. They are marked "inferred". The time of the SYN is unknown.
//   Threads   One caller at a time.
//   Cost      A few system calls at accept, some microseconds.
//
// Layer: microscope (docs/layers.txt).  Source: tcp(7) TCP_SAVE_SYN, TCP_SAVED_SYN, TCP_INFO; RFC 4987 s.3.6 (SYN
// cookies). Format: docs/why.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "codec/network/link_type.h"
#include "loquat/socket.h"
#include "loquat/time.h"
#include "wire/kernel/sock_diag.h"
#include "wire/kernel/tcp_info.h"

namespace loquat::microscope {

// Asks the kernel to keep the SYN of each client of this listener, from the link layer's header on. Does nothing if
// that is not possible (not TCP, a kernel before 4.3).
void keep_syns(Socket& listener) noexcept;

class OwnConnection {
 public:
  // Takes the saved SYN, which the kernel hands out once, and looks at the connection. Throws OSError(ENOTCONN) if it
  // has ended, std::invalid_argument if the socket is not a TCP socket.
  explicit OwnConnection(const Socket& accepted);

  const Address& local() const noexcept { return local_; }
  const Address& remote() const noexcept { return remote_; }
  // The frame with the client's SYN; empty if it was not kept: keep_syns() had not been called, or the handshake was
  // done with a SYN cookie.
  const std::vector<std::byte>& syn() const noexcept { return syn_; }
  codec::LinkType syn_link() const noexcept { return syn_link_; }

  // One JSON object, {"type":"connection","local","remote","segments":[...],"facts":[...],"state":{...}}. `socket` is
  // the connection's own, or nullptr once it is closed: then sock_diag finds what is left of it (TIME-WAIT, an orphan).
  // `early`: nothing had been sent when it was looked at first; otherwise the handshake's times and its age are left
  // out.
  std::string json(const Socket* socket, bool early = true) const;

 private:
  Address local_, remote_;
  std::vector<std::byte> syn_;
  codec::LinkType syn_link_ = codec::LinkType::ethernet;
  wire::kernel::TcpInfo at_accept_;
  TimePoint accepted_;
};

// TCP_INFO of a socket of ours. Throws OSError.
wire::kernel::TcpInfo tcp_info_of(const Socket& socket);

}  // namespace loquat::microscope
