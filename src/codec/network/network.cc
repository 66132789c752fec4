#include "codec/network/network.h"

#include <bit>
#include <cstring>

namespace loquat::codec {
namespace {

constexpr std::uint8_t ah_protocol = 51;  // AH, RFC 4302; IPv4 may have it too

// Steps over one header behind IP's; false if there is none to step over.
bool skip_extension(Bytes frame, Network& out, std::size_t end) noexcept {
  const std::size_t at = out.payload;
  if (!is_ipv6_extension(out.protocol) && out.protocol != 44 && out.protocol != ah_protocol) return false;
  if (!out.first || frame.size() < at + 8 || end < at + 8) return false;
  const std::uint8_t kind = out.protocol;
  const std::size_t length = kind == 44            ? 8
                             : kind == ah_protocol ? (be8(frame, at + 1) + 2u) * 4
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

std::optional<Network> find_ipv4(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 20 || be8(frame, at) >> 4 != 4) return std::nullopt;
  const std::size_t header = (be8(frame, at) & 15u) * 4;
  std::size_t total = be16(frame, at + 2);
  if (total == 0) total = frame.size() - at;  // captured before the card cut it into packets
  if (header < 20 || total < header || frame.size() < at + header) return std::nullopt;
  const std::uint16_t fragment = be16(frame, at + 6);
  Network out{.v6 = false,
              .header = at,
              .payload = at + header,
              .protocol = be8(frame, at + 9),
              .fragment = (fragment & 0x3FFF) != 0,
              .first = (fragment & 0x1FFF) == 0};
  while (out.protocol == ah_protocol && skip_extension(frame, out, at + total)) {
  }
  out.length = at + total - out.payload;
  return out;
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

std::optional<Network> find_ip(Bytes frame, LinkHeader at) noexcept {
  if (at.ethertype == ipv4_type) return find_ipv4(frame, at.payload);
  if (at.ethertype == ipv6_type) return find_ipv6(frame, at.payload);
  return std::nullopt;
}

std::optional<Network> find_network(Bytes frame, LinkType link) noexcept {
  const auto below = find_link(frame, link);
  return below ? find_ip(frame, *below) : std::nullopt;
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
