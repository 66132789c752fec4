#include "codec/network/icmp_error.h"

#include "codec/network/network.h"

namespace loquat::codec {
namespace {

IcmpReason reason_of_v4(std::uint8_t type, std::uint8_t code) noexcept {
  if (type == 11) return IcmpReason::expired;
  if (type != 3) return IcmpReason::other;
  switch (code) {
    case 0:
    case 1:
    case 5:
    case 6:
    case 7:
    case 8:
    case 11:
    case 12:
      return IcmpReason::no_route;
    case 3:
      return IcmpReason::port_unreachable;
    case 4:
      return IcmpReason::too_big;
    case 9:
    case 10:
    case 13:
      return IcmpReason::prohibited;
    default:
      return IcmpReason::other;
  }
}

IcmpReason reason_of_v6(std::uint8_t type, std::uint8_t code) noexcept {
  if (type == 2) return IcmpReason::too_big;
  if (type == 3) return IcmpReason::expired;
  if (type != 1) return IcmpReason::other;
  if (code == 1 || code == 5 || code == 6) return IcmpReason::prohibited;
  if (code == 4) return IcmpReason::port_unreachable;
  return code <= 3 ? IcmpReason::no_route : IcmpReason::other;
}

IpAddress address_at(Bytes frame, const Network& network, bool destination) noexcept {
  const std::size_t size = network.v6 ? 16 : 4, first = network.header + (network.v6 ? 8 : 12);
  return IpAddress::from(frame.subspan(first + (destination ? size : 0), size));
}

}  // namespace

std::optional<IcmpError> find_icmp_error(Bytes frame, LinkType link) noexcept {
  const auto ip = find_network(frame, link);
  if (!ip || !ip->first || ip->protocol != (ip->v6 ? 58 : 1) || frame.size() < ip->payload + 8) return std::nullopt;
  IcmpError error;
  error.type = be8(frame, ip->payload);
  error.code = be8(frame, ip->payload + 1);
  const bool is_error = ip->v6 ? error.type >= 1 && error.type <= 4
                               : error.type == 3 || error.type == 4 || error.type == 11 || error.type == 12;
  if (!is_error) return std::nullopt;
  error.reason = ip->v6 ? reason_of_v6(error.type, error.code) : reason_of_v4(error.type, error.code);
  error.from = address_at(frame, *ip, false);
  if (error.reason == IcmpReason::too_big)
    error.mtu = ip->v6 ? be32(frame, ip->payload + 4) : be16(frame, ip->payload + 6);

  const Bytes quoted = frame.subspan(ip->payload + 8);
  const auto inner = find_network(quoted, LinkType::raw_ip);
  if (!inner || !inner->first || inner->protocol != 6 || quoted.size() < inner->payload + 4) return std::nullopt;
  error.source = {address_at(quoted, *inner, false), be16(quoted, inner->payload)};
  error.destination = {address_at(quoted, *inner, true), be16(quoted, inner->payload + 2)};
  return error;
}

}  // namespace loquat::codec
