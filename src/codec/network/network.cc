#include "codec/network/network.h"

#include <bit>
#include <cstring>

namespace loquat::codec {
namespace {

std::optional<LinkHeader> skip_vlans(Bytes frame, std::size_t at, std::uint16_t type) noexcept {
  while (is_vlan_type(type)) {
    if (frame.size() < at + 4) return std::nullopt;
    type = be16(frame, at + 2);
    at += 4;
  }
  return LinkHeader{at, type};
}

std::uint16_t type_of_version(Bytes frame) noexcept {
  const int version = frame.empty() ? 0 : be8(frame, 0) >> 4;
  return version == 4 ? ipv4_type : version == 6 ? ipv6_type : std::uint16_t{0};
}

std::optional<Network> find_ipv4(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 20 || be8(frame, at) >> 4 != 4) return std::nullopt;
  const std::size_t header = (be8(frame, at) & 15u) * 4;
  std::size_t total = be16(frame, at + 2);
  if (total == 0) total = frame.size() - at;  // captured before the card cut it into packets
  if (header < 20 || total < header || frame.size() < at + header) return std::nullopt;
  const std::uint16_t fragment = be16(frame, at + 6);
  return Network{.v6 = false,
                 .header = at,
                 .payload = at + header,
                 .length = total - header,
                 .protocol = be8(frame, at + 9),
                 .fragment = (fragment & 0x3FFF) != 0,
                 .first = (fragment & 0x1FFF) == 0};
}

// Steps over one header behind IPv6's; false if there is none to step over.
bool skip_extension(Bytes frame, Network& out, std::size_t end) noexcept {
  const std::size_t at = out.payload;
  if (!is_ipv6_extension(out.protocol) && out.protocol != 44 && out.protocol != 51) return false;
  if (!out.first || frame.size() < at + 8 || end < at + 8) return false;
  const std::uint8_t kind = out.protocol;
  const std::size_t length = kind == 44   ? 8
                             : kind == 51 ? (be8(frame, at + 1) + 2u) * 4
                                          : (be8(frame, at + 1) + 1u) * 8;
  if (frame.size() < at + length || end < at + length) return false;
  if (kind == 43 && be8(frame, at + 3) != 0) out.rerouted = true;
  if (kind == 44) {
    out.fragment = out.fragment || (be16(frame, at + 2) & 0xFFF9) != 0;
    out.first = (be16(frame, at + 2) & 0xFFF8) == 0;
  }
  out.protocol = be8(frame, at);
  out.payload = at + length;
  return true;
}

std::optional<Network> find_ipv6(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 40 || be8(frame, at) >> 4 != 6) return std::nullopt;
  std::size_t length = be16(frame, at + 4);
  Network out{.v6 = true, .header = at, .payload = at + 40, .protocol = be8(frame, at + 6)};
  if (length == 0 && out.protocol != 59) length = frame.size() - out.payload;  // a jumbogram, or not yet cut
  const std::size_t end = out.payload + length;
  while (skip_extension(frame, out, end)) {
  }
  out.length = end - out.payload;
  return out;
}

}  // namespace

std::uint16_t type_of_family(std::uint32_t family) noexcept {
  if (family == 2) return ipv4_type;
  return family == 10 || family == 24 || family == 28 || family == 30 ? ipv6_type : std::uint16_t{0};
}

std::optional<LinkHeader> find_link(Bytes frame, LinkType link) noexcept {
  const auto has = [&](std::size_t n) { return frame.size() >= n; };
  switch (link) {
    case LinkType::ethernet:
      return has(14) ? skip_vlans(frame, 14, be16(frame, 12)) : std::nullopt;
    case LinkType::linux_sll:
      return has(16) ? skip_vlans(frame, 16, be16(frame, 14)) : std::nullopt;
    case LinkType::linux_sll2:
      return has(20) ? skip_vlans(frame, 20, be16(frame, 0)) : std::nullopt;
    case LinkType::null:
    case LinkType::loop: {
      if (!has(4)) return std::nullopt;
      const std::uint32_t family = be32(frame, 0);  // which of the two it is shows, as families are small
      return LinkHeader{4, type_of_family(family > 0xFFFF ? __builtin_bswap32(family) : family)};
    }
    case LinkType::raw_ip:
    case LinkType::raw_bsd:
      return LinkHeader{0, type_of_version(frame)};
    case LinkType::raw_ipv4:
      return LinkHeader{0, ipv4_type};
    case LinkType::raw_ipv6:
      return LinkHeader{0, ipv6_type};
  }
  return std::nullopt;
}

std::optional<Network> find_network(Bytes frame, LinkType link) noexcept {
  const auto below = find_link(frame, link);
  if (!below) return std::nullopt;
  if (below->ethertype == ipv4_type) return find_ipv4(frame, below->payload);
  if (below->ethertype == ipv6_type) return find_ipv6(frame, below->payload);
  return std::nullopt;
}

std::uint64_t checksum_sum(Bytes bytes) noexcept {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes.data() + at, 4);
    sum += word;
  }
  std::uint32_t last = 0;
  if (at < bytes.size()) std::memcpy(&last, bytes.data() + at, bytes.size() - at);
  return sum + last;
}

std::uint16_t checksum_fold(std::uint64_t sum) noexcept {
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  const auto out = static_cast<std::uint16_t>(~sum);
  return std::endian::native == std::endian::little ? __builtin_bswap16(out) : out;
}

std::uint16_t transport_checksum(Bytes frame, const Network& network, Bytes payload) noexcept {
  const std::uint32_t length = static_cast<std::uint32_t>(payload.size());
  const std::byte rest[8] = {std::byte(length >> 24),
                             std::byte(length >> 16 & 255),
                             std::byte(length >> 8 & 255),
                             std::byte(length & 255),
                             std::byte{},
                             std::byte{},
                             std::byte{},
                             std::byte{network.protocol}};
  const std::size_t addresses = network.header + (network.v6 ? 8 : 12), size = network.v6 ? 32 : 8;
  return checksum_fold(checksum_sum(frame.subspan(addresses, size)) + checksum_sum(rest) + checksum_sum(payload));
}

}  // namespace loquat::codec
