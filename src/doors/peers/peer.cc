#include "doors/peers/peer.h"

#include <netinet/in.h>

#include <span>

namespace loquat::doors {

std::string address_name(const Address& address) {
  if (address.family() == AF_UNIX) return "unix";
  const auto ip = ip_of(address);
  return ip && !ip->v6 ? ip->text() : address.host();
}

std::optional<codec::IpAddress> ip_of(const Address& address) {
  const auto* data = address.data();
  if (address.family() == AF_INET) {
    const auto& v4 = *reinterpret_cast<const sockaddr_in*>(data);
    return codec::IpAddress::from(std::as_bytes(std::span(&v4.sin_addr, 1)));
  }
  if (address.family() != AF_INET6) return {};
  const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(data);
  return codec::IpAddress::from(std::as_bytes(std::span(&v6.sin6_addr, 1))).unmapped();
}

std::string place_of(const std::string& peer) {
  constexpr std::size_t prefix = 8;  // bytes of a /64
  const auto ip = codec::IpAddress::parse(peer.substr(0, peer.find('%')));
  if (!ip || Address(ip->text(), 0).is_loopback()) return {};
  return std::string(reinterpret_cast<const char*>(ip->bytes.data()), ip->v6 ? prefix : 4);
}

}  // namespace loquat::doors
