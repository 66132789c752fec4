// UDP.  Source: RFC 768.
#include <optional>

#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec udp[] = {
    {"udp.srcport", "Source port", 0, 16},
    {"udp.dstport", "Destination port", 16, 16},
    {"udp.length", "Length", 32, 16},
    {"udp.checksum", "Checksum", 48, 16, Show::hex},
};

std::optional<DnsKind> dns_kind(std::uint64_t port) noexcept {
  if (port == 53) return DnsKind::unicast;
  if (port == 5353) return DnsKind::multicast;
  if (port == 5355) return DnsKind::llmnr;
  return std::nullopt;
}

}  // namespace

void read_udp(Dissection& in, Extent range) {
  LayerWriter out(in, "UDP", 4, range, 8);
  out.add(udp);
  if (!out.has(0, 8)) return;
  const std::uint64_t source = out.number(0, 2), destination = out.number(2, 2), length = out.number(4, 2);
  Extent inside = range.behind(8);
  if (length >= 8) inside.end = std::min(inside.end, range.at + length);
  const std::size_t captured = in.captured(inside).size();
  out.layer().summary = std::to_string(source) + " > " + std::to_string(destination) +
                        "  len=" + std::to_string(length < 8 ? 0 : length - 8) + captured_text(inside.size(), captured);
  if (length < 8 && length != 0) return out.cut();  // 0: longer than the field can say
  if (captured == 0) return read_data(in, inside);
  out.layer().fields.push_back({"udp.payload", "Payload", size_text(captured),
                                static_cast<std::uint32_t>(inside.at * 8), static_cast<std::uint32_t>(captured * 8)});
  const UdpTunnel tunnel = udp_tunnel(static_cast<std::uint16_t>(source), static_cast<std::uint16_t>(destination));
  if (tunnel != UdpTunnel::none) return read_udp_tunnel(in, inside, tunnel);
  const auto dns = dns_kind(source) ? dns_kind(source) : dns_kind(destination);
  if (dns) return read_dns(in, inside, *dns);
  read_data(in, inside);
}

}  // namespace loquat::codec
