#include "wire/kernel/network/frame_socket.h"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "loquat/error.h"

namespace loquat::wire::kernel {
namespace {

[[noreturn]] void fail_on(const char* call) {
  throw_oserror(errno, {std::string(call) + " of a packet socket", {}, {}});
}

// A message and the kernel's time of it.
class StampedMessage {
 public:
  explicit StampedMessage(std::span<std::byte> bytes) : piece_{bytes.data(), bytes.size()} {
    message_.msg_name = &where_;
    message_.msg_namelen = sizeof where_;
    message_.msg_iov = &piece_;
    message_.msg_iovlen = 1;
    message_.msg_control = control_;
    message_.msg_controllen = sizeof control_;
  }
  StampedMessage(const StampedMessage&) = delete;
  StampedMessage& operator=(const StampedMessage&) = delete;

  ssize_t receive(int fd, int flags) { return ::recvmsg(fd, &message_, flags | MSG_DONTWAIT); }
  int interface() const { return where_.sll_ifindex; }
  std::optional<WallTime> stamp() {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message_); part != nullptr; part = CMSG_NXTHDR(&message_, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPING) continue;
      timespec time{};  // the first of three: the software's
      std::memcpy(&time, CMSG_DATA(part), sizeof time);
      return std::chrono::seconds(time.tv_sec) + WallTime(time.tv_nsec);
    }
    return {};
  }

 private:
  sockaddr_ll where_{};
  iovec piece_;
  alignas(cmsghdr) char control_[256];
  msghdr message_{};
};

// From the error queue.
std::optional<WallTime> next_stamp_of_sent(int fd) {
  StampedMessage message({});
  return message.receive(fd, MSG_ERRQUEUE) < 0 ? std::nullopt : message.stamp();
}

void stamp_frames(int fd) {
  const int both_ways = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
                        SOF_TIMESTAMPING_OPT_TSONLY;
  if (::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &both_ways, sizeof both_ways) != 0) fail_on("SO_TIMESTAMPING");
}

}  // namespace

WallTime wall_time() noexcept {
  return std::chrono::duration_cast<WallTime>(std::chrono::system_clock::now().time_since_epoch());
}

FrameSocket FrameSocket::open() {
  FrameSocket made;
  made.fd_ = OwnedFd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = made.fd();
  if (fd < 0) fail_on("socket()");
  const int on = 1;
  if (::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) fail_on("PACKET_IGNORE_OUTGOING");
  // The hosts' ends are opened last and so can send at once; the queues of our ends would be ready only when the
  // kernel's link watch has run, and drop what is sent before. So they have none.
  if (::setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) fail_on("PACKET_QDISC_BYPASS");
  stamp_frames(fd);
  const int room = 8 << 20;
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);  // refused: the usual 208 KiB
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_ALL);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) fail_on("bind()");
  return made;
}

FrameSocket::Received FrameSocket::receive(std::span<std::byte> frame) const {
  StampedMessage message(frame);
  const ssize_t got = message.receive(fd(), 0);
  if (got >= 0) return {message.interface(), static_cast<std::size_t>(got), message.stamp().value_or(wall_time())};
  if (errno == EAGAIN || errno == EINTR || errno == ENETDOWN) return {};
  fail_on("recv()");
}

// The stamp is there when sendto() returns.
WallTime FrameSocket::send(int interface, std::span<const std::byte> frame) const {
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_ifindex = interface;
  if (::sendto(fd(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&where), sizeof where) < 0)
    fail_on("send()");
  return next_stamp_of_sent(fd()).value_or(wall_time());
}

}  // namespace loquat::wire::kernel
