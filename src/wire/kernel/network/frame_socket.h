// frame_socket.h - a packet socket for all interfaces of the network in which it is made: whole frames, each with the
// time at which it passed the interface. That is the kernel's time, as tcpdump's is, however late this program runs.
//
//   Threads   One caller at a time.   Errors OSError.
//
// Layer: wire (docs/layers.txt).  Source: packet(7); Documentation/networking/timestamping.rst of the kernel.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "wire/kernel/network/owned_fd.h"

namespace loquat::wire::kernel {

// Since 1970, by the wall clock.
using WallTime = std::chrono::nanoseconds;

WallTime wall_time() noexcept;

class FrameSocket {
 public:
  FrameSocket() = default;
  // Receives what arrives at the interfaces of the caller's network from now on, in order. Needs CAP_NET_RAW there.
  static FrameSocket open();

  // Non-blocking. Readable when a frame has arrived.
  int fd() const noexcept { return fd_.get(); }

  struct Received {
    int interface = 0;
    std::size_t size = 0;  // 0: nothing has arrived
    WallTime at{};
  };
  // Stores the next frame at the front of `frame`.
  Received receive(std::span<std::byte> frame) const;
  // Sends a frame out of this interface. Returns when it left.
  WallTime send(int interface, std::span<const std::byte> frame) const;

 private:
  OwnedFd fd_;
};

}  // namespace loquat::wire::kernel
