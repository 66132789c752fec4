#include "codec/network/segment.h"

#include <algorithm>
#include <string_view>

#include "codec/network/bytes.h"
#include "codec/network/tunnel.h"

namespace loquat::codec {
namespace {

constexpr std::size_t fixed = 20;

void read_sack(Bytes blocks, TcpOptions& out) noexcept {
  out.sack_count = 0;
  for (std::size_t at = 0; at + 8 <= blocks.size() && out.sack_count < out.sack_blocks.size(); at += 8)
    out.sack_blocks[out.sack_count++] = {be32(blocks, at), be32(blocks, at + 4)};
}

void read_option(std::uint8_t kind, Bytes value, TcpOptions& out) noexcept {
  if (kind == 2 && value.size() == 2) out.mss = be16(value, 0);
  if (kind == 3 && value.size() == 1) out.window_scale = be8(value, 0);
  if (kind == 4 && value.empty()) out.sack_permitted = true;
  if (kind == 5 && value.size() % 8 == 0) read_sack(value, out);
  if (kind == 8 && value.size() == 8) out.timestamps = TcpOptions::Stamp{be32(value, 0), be32(value, 4)};
}

Checksum check_tcp(Bytes frame, const Network& ip) noexcept {
  if (ip.fragment || ip.rerouted || frame.size() < ip.payload + ip.length) return Checksum::unknown;
  return transport_checksum(frame, ip, frame.subspan(ip.payload, ip.length)) == 0 ? Checksum::good : Checksum::bad;
}

Endpoint endpoint(Bytes frame, const Network& ip, bool source) noexcept {
  const std::size_t size = ip.v6 ? 16 : 4, at = ip.header + (ip.v6 ? 8 : 12) + (source ? 0 : size);
  return {IpAddress::from(frame.subspan(at, size)), be16(frame, ip.payload + (source ? 0 : 2))};
}

}  // namespace

TcpOptions read_tcp_options(Bytes options) noexcept {
  TcpOptions out;
  for (std::size_t at = 0; at < options.size();) {
    const std::uint8_t kind = be8(options, at);
    if (kind == 0) break;
    if (kind == 1) {
      ++at;
      continue;
    }
    const std::size_t length = at + 1 < options.size() ? be8(options, at + 1) : 0;
    if (length < 2 || length > options.size() - at) {
      out.malformed = true;
      break;
    }
    read_option(kind, options.subspan(at + 2, length - 2), out);
    at += length;
  }
  return out;
}

std::optional<Segment> find_segment(Bytes frame, LinkType link) noexcept {
  auto ip = find_network(frame, link);
  for (int depth = 0; ip && depth < max_nesting && enter_tunnel(frame, *ip);) ++depth;
  if (!ip || ip->protocol != 6 || !ip->first) return std::nullopt;
  const std::size_t at = ip->payload;
  if (frame.size() < at + fixed || ip->length < fixed) return std::nullopt;
  const std::size_t header = (be8(frame, at + 12) >> 4) * 4u;
  if (header < fixed || header > ip->length) return std::nullopt;
  const Bytes captured = frame.subspan(at, std::min(frame.size() - at, ip->length));

  Segment out;
  out.source = endpoint(frame, *ip, true);
  out.destination = endpoint(frame, *ip, false);
  if (!ip->v6) out.identification = be16(frame, ip->header + 4);
  out.hops = be8(frame, ip->header + (ip->v6 ? 7 : 8));
  out.seq = be32(frame, at + 4);
  out.ack = be32(frame, at + 8);
  out.flags = be16(frame, at + 12) & 0x1FF;
  out.window = be16(frame, at + 14);
  out.header_offset = at;
  out.payload_offset = at + header;
  out.length = ip->length - header;
  const Bytes options = captured.subspan(fixed, std::min(header, captured.size()) - fixed);
  out.options = read_tcp_options(options);
  if (captured.size() < header) out.options.malformed = true;
  if (captured.size() > header) out.payload = captured.subspan(header);
  out.fragment = ip->fragment;
  out.checksum = check_tcp(frame, *ip);
  return out;
}

std::string flag_names(std::uint16_t flags) {
  static constexpr std::array<std::pair<tcp::Flag, std::string_view>, 9> names = {{{tcp::syn, "SYN"},
                                                                                   {tcp::fin, "FIN"},
                                                                                   {tcp::rst, "RST"},
                                                                                   {tcp::psh, "PSH"},
                                                                                   {tcp::ack, "ACK"},
                                                                                   {tcp::urg, "URG"},
                                                                                   {tcp::ece, "ECE"},
                                                                                   {tcp::cwr, "CWR"},
                                                                                   {tcp::ae, "AE"}}};
  std::string out;
  for (const auto& [flag, name] : names) {
    if ((flags & flag) != 0) (out += out.empty() ? "" : ",") += name;
  }
  return out.empty() ? "-" : out;
}

}  // namespace loquat::codec
