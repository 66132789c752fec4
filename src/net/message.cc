// message.cc - the calls that move messages: recvfrom, recvmsg, sendto, sendmsg.
#include "loquat/message.h"

#include <sys/uio.h>

#include <cerrno>
#include <stdexcept>

#include "loquat/socket.h"
#include "net/call.h"

namespace loquat {

using net::Descriptor;
using net::Direction;
using sys::Operation;
using sys::OpKind;

std::size_t cmsg_len(std::size_t size) noexcept { return CMSG_LEN(size); }
std::size_t cmsg_space(std::size_t size) noexcept { return CMSG_SPACE(size); }

namespace {

// The control messages received. Of a truncated one, the part that is there.
std::vector<Ancillary> read_ancillary(msghdr& header) {
  std::vector<Ancillary> list;
  const auto* const end = static_cast<const char*>(header.msg_control) + header.msg_controllen;
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    const auto* data = reinterpret_cast<const char*>(CMSG_DATA(each));
    if (each->cmsg_len < CMSG_LEN(0) || data > end) break;
    const auto size = std::min<std::size_t>(each->cmsg_len - CMSG_LEN(0), static_cast<std::size_t>(end - data));
    list.push_back({each->cmsg_level, each->cmsg_type, std::string(data, size)});
  }
  return list;
}

std::string write_ancillary(std::span<const Ancillary> list) {
  std::size_t size = 0;
  for (const Ancillary& each : list) size += CMSG_SPACE(each.data.size());
  std::string control(size, '\0');
  std::size_t at = 0;
  for (const Ancillary& each : list) {
    cmsghdr head{CMSG_LEN(each.data.size()), each.level, each.type};
    std::memcpy(control.data() + at, &head, sizeof(head));
    std::memcpy(control.data() + at + CMSG_LEN(0), each.data.data(), each.data.size());
    at += CMSG_SPACE(each.data.size());
  }
  return control;
}

Message receive(Descriptor& d, const char* name, std::span<iovec> buffers, std::size_t ancillary, int flags) {
  d.refuse_filter(name);
  Descriptor::Call call(d, Direction::in, name);
  sockaddr_storage sender{};
  std::string control(ancillary, '\0');
  msghdr header{};
  header.msg_name = &sender;
  header.msg_namelen = sizeof(sender);
  header.msg_iov = buffers.data();
  header.msg_iovlen = buffers.size();
  header.msg_control = ancillary == 0 ? nullptr : control.data();
  header.msg_controllen = ancillary;
  Operation operation(OpKind::recvmsg, flags);
  operation.message = &header;
  const std::int64_t result = call.perform(operation);
  if (result < 0) d.fail(result, name);
  Message message;
  message.size = static_cast<std::size_t>(result);
  message.flags = header.msg_flags & ~MSG_CMSG_CLOEXEC;
  if (ancillary != 0) message.ancillary = read_ancillary(header);
  if (header.msg_namelen != 0) message.address = Address(reinterpret_cast<sockaddr*>(&sender), header.msg_namelen);
  return message;
}

Message receive_string(Descriptor& d, const char* name, std::size_t size, std::size_t ancillary, int flags) {
  std::string data(net::checked_size(size, name), '\0');
  iovec buffer{data.data(), size};
  Message message = receive(d, name, {&buffer, 1}, ancillary, flags);
  data.resize(std::min(message.size, size));  // with MSG_TRUNC, size is that of the whole datagram
  message.data = std::move(data);
  return message;
}

std::size_t send(Descriptor& d, const char* name, std::span<iovec> pieces, std::span<const Ancillary> ancillary,
                 int flags, const Address& address) {
  d.refuse_filter(name);
  Descriptor::Call call(d, Direction::out, name);
  std::string control = write_ancillary(ancillary);
  msghdr header{};
  header.msg_name = address.size() == 0 ? nullptr : const_cast<sockaddr*>(address.data());
  header.msg_namelen = address.size();
  header.msg_iov = pieces.data();
  header.msg_iovlen = pieces.size();
  header.msg_control = control.empty() ? nullptr : control.data();
  header.msg_controllen = control.size();
  Operation operation(OpKind::sendmsg, flags);
  operation.message = &header;
  const std::int64_t result = call.perform(operation);
  if (result < 0) d.fail(result, name);
  return static_cast<std::size_t>(result);
}

}  // namespace

Message Socket::recvfrom(std::size_t size, int flags) {
  return receive_string(open_descriptor("recvfrom"), "recvfrom", size, 0, flags);
}

Message Socket::recvfrom_into(std::span<std::byte> buffer, int flags) {
  iovec vector{buffer.data(), buffer.size()};
  return receive(open_descriptor("recvfrom"), "recvfrom", {&vector, 1}, 0, flags);
}

Message Socket::recvmsg(std::size_t size, std::size_t ancillary, int flags) {
  return receive_string(open_descriptor("recvmsg"), "recvmsg", size, ancillary, flags);
}

Message Socket::recvmsg_into(std::span<const std::span<std::byte>> buffers, std::size_t ancillary, int flags) {
  std::vector<iovec> vectors;
  for (const auto& buffer : buffers) vectors.push_back({buffer.data(), buffer.size()});
  return receive(open_descriptor("recvmsg"), "recvmsg", vectors, ancillary, flags);
}

std::size_t Socket::sendto(std::string_view data, const Address& address, int flags) {
  iovec vector{const_cast<char*>(data.data()), data.size()};
  return loquat::send(open_descriptor("sendto"), "sendto", {&vector, 1}, {}, flags, address);
}

std::size_t Socket::sendmsg(std::span<const std::string_view> pieces, std::span<const Ancillary> ancillary, int flags,
                            const Address& address) {
  std::vector<iovec> vectors;
  for (const auto& piece : pieces) vectors.push_back({const_cast<char*>(piece.data()), piece.size()});
  return loquat::send(open_descriptor("sendmsg"), "sendmsg", vectors, ancillary, flags, address);
}

std::size_t send_fds(Socket& socket, std::string_view data, std::span<const int> fds) {
  if (data.empty()) throw std::invalid_argument("send_fds: descriptors need a message of at least one byte");
  const Ancillary rights = Ancillary::rights(fds);
  return socket.sendmsg({&data, 1}, {&rights, fds.empty() ? 0u : 1u});
}

Message recv_fds(Socket& socket, std::size_t size, std::size_t max_fds) {
  return socket.recvmsg(size,
                        cmsg_len(max_fds * sizeof(int)));  // cmsg_space() adds padding, in which another one would fit
}

}  // namespace loquat
