// Tunnels with a header of their own: GRE, VXLAN, Geneve, GTP-U.  Source: network/tunnel.h.
#include "codec/network/tunnel.h"

#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec gre_fields[] = {
    {"gre.flags_and_version", "Flags and version", 0, 16, Show::hex},
    {"gre.flags.checksum", "Checksum present", 0, 1},
    {"gre.flags.routing", "Routing present", 1, 1},
    {"gre.flags.key", "Key present", 2, 1},
    {"gre.flags.sequence_number", "Sequence number present", 3, 1},
    {"gre.flags.version", "Version", 13, 3},
    {"gre.proto", "Type", 16, 16, Show::hex, ethertype_name},
};
constexpr FieldSpec gre_checksum[] = {
    {"gre.checksum", "Checksum", 0, 16, Show::hex},
    {"gre.offset", "Offset", 16, 16},
};
constexpr FieldSpec gre_key = {"gre.key", "Key", 0, 32, Show::hex};
constexpr FieldSpec pptp_key[] = {
    {"gre.key.payload_length", "Payload length", 0, 16},
    {"gre.key.call_id", "Call", 16, 16},
};
constexpr FieldSpec gre_sequence = {"gre.sequence_number", "Sequence number", 0, 32};
constexpr FieldSpec gre_acknowledgment = {"gre.ack_number", "Acknowledgment number", 0, 32};

constexpr FieldSpec vxlan[] = {
    {"vxlan.flags", "Flags", 0, 16, Show::hex},           {"vxlan.flag_g", "Group policy present", 0, 1},
    {"vxlan.flag_i", "Network identifier present", 4, 1}, {"vxlan.gbp", "Group policy", 16, 16},
    {"vxlan.vni", "Network identifier", 32, 24},          {"vxlan.reserved8", "Reserved", 56, 8},
};
constexpr FieldSpec geneve[] = {
    {"geneve.version", "Version", 0, 2},
    {"geneve.flags", "Flags", 8, 8, Show::hex},
    {"geneve.flags.oam", "Control packet", 8, 1},
    {"geneve.flags.critical", "Critical options", 9, 1},
    {"geneve.proto_type", "Type", 16, 16, Show::hex, ethertype_name},
    {"geneve.vni", "Network identifier", 32, 24, Show::hex},
    {"geneve.reserved", "Reserved", 56, 8},
};
constexpr FieldSpec gtp[] = {
    {"gtp.flags", "Flags", 0, 8, Show::hex},
    {"gtp.message", "Message", 8, 8, Show::hex},
    {"gtp.length", "Length", 16, 16},
    {"gtp.teid", "Tunnel endpoint", 32, 32, Show::hex},
};
constexpr FieldSpec gtp_sequence = {"gtp.seq_number", "Sequence number", 64, 16, Show::hex};
constexpr FieldSpec gtp_extension = {"gtp.ext_hdr.next", "Next header", 88, 8, Show::hex};

// The parts that the flags announce, in their order.
void add_gre_options(LayerWriter& out) {
  const std::uint64_t flags = out.number(0, 2);
  const bool pptp = (flags & 7) == 1;
  std::size_t at = 4;
  const auto step = [&](std::span<const FieldSpec> specs) {
    out.add(specs, at);
    at += 4;
  };
  if ((flags & gre::checksum) != 0) step(gre_checksum);
  if ((flags & gre::key) != 0) step(pptp ? std::span<const FieldSpec>(pptp_key) : std::span(&gre_key, 1));
  if ((flags & gre::sequence) != 0) step({&gre_sequence, 1});
  if (pptp && (flags & gre::acknowledgment) != 0) step({&gre_acknowledgment, 1});
}

void add_geneve(LayerWriter& out, std::size_t size) {
  out.add(geneve);
  if (size > 8) out.add("geneve.options", "Options", 8, size - 8, size_text(size - 8));
  out.layer().summary =
      "network " + std::to_string(out.number(4, 3)) + "  type=" + hex_text(out.number(2, 2), 4, ethertype_name);
}

void add_gtp(LayerWriter& out, std::size_t size) {
  out.add(gtp);
  const std::uint64_t flags = out.number(0, 1);
  if (size > 8 && (flags & 2) != 0) out.add(gtp_sequence, 0);
  if (size > 8 && (flags & 4) != 0) out.add(gtp_extension, 0);
  if (size > 12) out.add("gtp.ext_hdr", "Extension headers", 12, size - 12, size_text(size - 12));
  out.layer().summary = "tunnel endpoint " + hex_text(out.number(4, 4), 8);
}

void add_vxlan(LayerWriter& out) {
  out.add(vxlan);
  out.layer().summary = "network " + std::to_string(out.number(4, 3));
}

std::string_view tunnel_name(UdpTunnel kind) {
  return kind == UdpTunnel::vxlan ? "VXLAN" : kind == UdpTunnel::geneve ? "Geneve" : "GTP-U";
}

}  // namespace

void read_gre(Dissection& in, Extent range) {
  const auto carried = behind_gre(in.frame, range.at);
  const std::size_t size = carried ? carried->payload - range.at : 4;
  LayerWriter out(in, "GRE", 3, range, size);
  out.add(gre_fields);
  if (carried) add_gre_options(out);
  out.layer().summary = "type=" + hex_text(out.number(2, 2), 4, ethertype_name);
  if (out.layer().cut || range.size() < size) return out.cut();
  const Extent inside = range.behind(size);
  if (!carried) return read_data(in, inside);
  if (inside.size() > 0) read_inner(in, carried->ethertype, inside, false);
}

void read_udp_tunnel(Dissection& in, Extent range, UdpTunnel kind) {
  if (kind == UdpTunnel::gre_in_udp) return read_gre(in, range);
  const auto carried = behind_udp_tunnel(kind, in.frame, range.at);
  if (!carried) return read_data(in, range);
  const std::size_t size = carried->payload - range.at;
  LayerWriter out(in, tunnel_name(kind), 2, range, size);
  if (kind == UdpTunnel::vxlan) add_vxlan(out);
  if (kind == UdpTunnel::geneve) add_geneve(out, size);
  if (kind == UdpTunnel::gtp) add_gtp(out, size);
  if (out.layer().cut || range.size() < size) return out.cut();
  read_inner(in, carried->ethertype, range.behind(size), false);
}

}  // namespace loquat::codec
