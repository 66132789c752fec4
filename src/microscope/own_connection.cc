#include "microscope/own_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <span>
#include <stdexcept>
#include <string_view>

#include "codec/network/segment.h"
#include "loquat/error.h"

namespace loquat::microscope {
namespace {

constexpr std::size_t max_headers = 256;    // of a SYN, link layer to TCP's options
constexpr std::size_t max_tcp_info = 1024;  // struct tcp_info grows from kernel to kernel

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::vector<std::byte> take_saved_syn(const Socket& accepted) {
  try {
    std::string saved = accepted.getsockopt(IPPROTO_TCP, TCP_SAVED_SYN, max_headers);
    return {bytes_of(saved).begin(), bytes_of(saved).end()};
  } catch (const OSError&) {
    return {};  // a kernel that keeps none
  }
}

// The kernel does not say what kind of link it came over; only one reading of the bytes is a segment to our port.
codec::LinkType link_of(std::span<const std::byte> syn, std::uint16_t port) {
  for (auto link : {codec::LinkType::ethernet, codec::LinkType::raw_ip}) {
    auto segment = codec::find_segment(syn, link);
    if (segment && segment->destination.port == port) return link;
  }
  return codec::LinkType::ethernet;
}

}  // namespace

void keep_syns(Socket& listener) noexcept {
  for (int how : {2, 1}) {  // 2: with the link layer's header, since Linux 5.9
    try {
      return listener.setsockopt(IPPROTO_TCP, TCP_SAVE_SYN, how);
    } catch (const std::exception&) {
    }
  }
}

wire::kernel::TcpInfo tcp_info_of(const Socket& socket) {
  return wire::kernel::read_tcp_info(bytes_of(socket.getsockopt(IPPROTO_TCP, TCP_INFO, max_tcp_info)));
}

OwnConnection::OwnConnection(const Socket& accepted) : accepted_(Clock::now()) {
  local_ = accepted.getsockname();
  if (local_.family() != AF_INET && local_.family() != AF_INET6) throw std::invalid_argument("no TCP connection");
  remote_ = accepted.getpeername();
  syn_ = take_saved_syn(accepted);
  syn_link_ = link_of(syn_, local_.port());
  at_accept_ = tcp_info_of(accepted);
}

}  // namespace loquat::microscope
