// private_network.h - two hosts and the wire between them, made in this process by an ordinary user: a client's and a
// server's network namespace, each with one interface whose other end is ours. One packet socket (frame_socket.h)
// receives what the hosts send, in order, and sends frames to either host. Nothing is forwarded by itself.
//
//   PrivateNetwork network({});
//   network.in(Side::server, [] { return ::socket(AF_INET, SOCK_STREAM, 0); });
//
//   Hosts     client 10.0.0.1/24, MAC 02:00:00:00:00:0a; server 10.0.0.2/24, MAC 02:00:00:00:00:0b; interface eth0,
//             loopback up. Real TCP of this kernel, offloads off so that checksums are whole. No IPv6, or with
//             NetworkOptions::ipv6 nothing else: fd00::1/64 and fd00::2/64.
//   Rights    No privileges are needed, but user namespaces must be allowed. The machine's own network is not touched.
//   Threads   The process must have one thread when it is made (unshare(2)); afterwards in() changes the calling
//             thread's namespace for as long as its function runs.
//   Lifetime  The namespaces end with this object and with the sockets in them; or with the process, however it ends.
//
// Layer: wire (docs/layers.txt).  Source: user_namespaces(7), network_namespaces(7), veth(4), packet(7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "wire/kernel/ends.h"
#include "wire/kernel/network/frame_socket.h"
#include "wire/kernel/network/owned_fd.h"
#include "wire/text/text.h"

namespace loquat::wire::kernel {

// There can be no private network here: reason() says why, remedy() what the machine's owner can do about it.
class Unavailable : public std::runtime_error {
 public:
  Unavailable(Text reason, Text remedy)
      : std::runtime_error(reason.en), reason_(std::move(reason)), remedy_(std::move(remedy)) {}
  const Text& reason() const noexcept { return reason_; }
  const Text& remedy() const noexcept { return remedy_; }

 private:
  Text reason_, remedy_;
};

struct NetworkOptions {
  bool know_neighbours = true;  // false: the hosts have to ask by ARP
  int mtu = 1500;
  bool ipv6 = false;  // instead of IPv4
};

using Mac = std::array<std::uint8_t, 6>;

class PrivateNetwork {
 public:
  // Throws Unavailable if the kernel or its owner forbids it, OSError for anything else.
  explicit PrivateNetwork(const NetworkOptions& options);
  PrivateNetwork(const PrivateNetwork&) = delete;
  PrivateNetwork& operator=(const PrivateNetwork&) = delete;

  // Runs f() in that host's network. Sockets that it opens stay there.
  template <class F>
  auto in(Side side, F&& f) const -> std::invoke_result_t<F&> {
    const Visit visit(*this, side);
    return f();
  }
  // The descriptor of that host's namespace, for nsenter(1): /proc/PID/fd/N.
  int namespace_fd(Side side) const noexcept { return hosts_[index(side)].get(); }
  // The wire: a packet socket, non-blocking. Readable when a host has sent a frame.
  int wire_fd() const noexcept { return wire_.fd(); }

  struct Received {
    Side from = Side::client;
    std::size_t size = 0;  // 0: nothing has been sent
    WallTime at{};         // when it was sent
  };
  // Stores the next frame that a host has sent at the front of `frame`. Throws OSError.
  Received receive(std::span<std::byte> frame) const;
  // Delivers a frame to this host. Returns when it arrived there. Throws OSError.
  WallTime deliver(Side to, std::span<const std::byte> frame) const;

  // Sets net.ipv4.NAME of one host. Throws OSError(ENOENT, EPERM, ...).
  void sysctl(Side side, std::string_view name, std::string_view value) const;
  // Sets an option (RTAX_...) of this host's route to the other one, and no others: RTAX_QUICKACK 1 acknowledges each
  // segment at once, RTAX_RTO_MIN is the shortest RTO in ms. For connections from now on. Throws OSError.
  // Source: ip-route(8).
  void route_option(Side side, std::uint16_t option, std::uint32_t value) const;

  static Mac mac(Side side) noexcept;
  std::string_view address(Side side) const noexcept;  // "10.0.0.1"
  int family() const noexcept;                         // AF_INET or AF_INET6

 private:
  class Visit {
   public:
    Visit(const PrivateNetwork& network, Side side);
    ~Visit();

   private:
    const PrivateNetwork& network_;
  };
  static std::size_t index(Side side) noexcept { return static_cast<std::size_t>(side); }

  bool ipv6_;
  OwnedFd home_;  // the namespace of the wire itself
  std::array<OwnedFd, 2> hosts_;
  FrameSocket wire_;
  std::array<int, 2> ends_{};  // the indexes of our interfaces, one to each host
};

}  // namespace loquat::wire::kernel
