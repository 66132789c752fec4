// ancillary.cc - control messages made and read (loquat/message.h).
#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>

#include "loquat/error.h"
#include "loquat/message.h"

namespace loquat {

Ancillary Ancillary::rights(std::span<const int> fds) {
  return {SOL_SOCKET, SCM_RIGHTS, std::string(reinterpret_cast<const char*>(fds.data()), fds.size_bytes())};
}

std::vector<int> Ancillary::fds() const {
  if (level != SOL_SOCKET || type != SCM_RIGHTS) return {};
  std::vector<int> fds(data.size() / sizeof(int));
  std::memcpy(fds.data(), data.data(), fds.size() * sizeof(int));
  return fds;
}

Ancillary Ancillary::packet_info(const Address& source, unsigned interface) {
  switch (source.family()) {
    case AF_INET:
      return of(
          IPPROTO_IP, IP_PKTINFO,
          in_pktinfo{static_cast<int>(interface), reinterpret_cast<const sockaddr_in*>(source.data())->sin_addr, {}});
    case AF_INET6:
      return of(IPPROTO_IPV6, IPV6_PKTINFO,
                in6_pktinfo{reinterpret_cast<const sockaddr_in6*>(source.data())->sin6_addr, interface});
    default:
      throw_oserror(EAFNOSUPPORT, {"packet_info", source.str(), {}, 0});
  }
}

Ancillary Ancillary::hop_limit(int family, int hops) {
  if (family == AF_INET) return of(IPPROTO_IP, IP_TTL, hops);
  if (family == AF_INET6) return of(IPPROTO_IPV6, IPV6_HOPLIMIT, hops);
  throw_oserror(EAFNOSUPPORT, {"hop_limit", {}, {}, 0});
}

std::vector<int> Message::fds() const {
  std::vector<int> all;
  for (const Ancillary& each : ancillary) {
    const std::vector<int> some = each.fds();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::optional<PacketInfo> Message::packet_info() const {
  for (const Ancillary& each : ancillary) {
    if (each.level == IPPROTO_IP && each.type == IP_PKTINFO) {
      const auto info = each.as<in_pktinfo>();
      const sockaddr_in to{AF_INET, 0, info.ipi_addr, {}};
      return PacketInfo{Address(reinterpret_cast<const sockaddr*>(&to), sizeof(to)),
                        static_cast<unsigned>(info.ipi_ifindex)};
    }
    if (each.level == IPPROTO_IPV6 && each.type == IPV6_PKTINFO) {
      const auto info = each.as<in6_pktinfo>();
      const bool local = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr);
      const sockaddr_in6 to{AF_INET6, 0, 0, info.ipi6_addr, local ? info.ipi6_ifindex : 0};
      return PacketInfo{Address(reinterpret_cast<const sockaddr*>(&to), sizeof(to)), info.ipi6_ifindex};
    }
  }
  return {};
}

std::optional<int> Message::hop_limit() const {
  for (const Ancillary& each : ancillary) {
    const bool v4 = each.level == IPPROTO_IP && each.type == IP_TTL;
    const bool v6 = each.level == IPPROTO_IPV6 && each.type == IPV6_HOPLIMIT;
    if (v4 || v6) return each.as<int>();
  }
  return {};
}

}  // namespace loquat
