// The seven rows, and why a layer has no bytes.
#include <algorithm>
#include <cctype>

#include "wire/show/layers.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using codec::Layer;
using codec::Packet;

const Layer* first_of(const Packet& packet, int osi) {
  for (const Layer& layer : packet.layers) {
    if (layer.osi == osi && !layer.quoted) return &layer;
  }
  return nullptr;
}

const Layer* named(const Packet& packet, std::string_view name) {
  for (const Layer& layer : packet.layers) {
    if (layer.name == name && !layer.quoted) return &layer;
  }
  return nullptr;
}

std::string value_of(const Layer& layer, std::string_view field) {
  for (const codec::Field& f : layer.fields) {
    if (f.name == field) return f.value;
  }
  return "";
}

// What the layers of one row say, and the bytes they cover: of a tunnel, those of the innermost headers. All headers
// up to the transport are told, as each has other addresses; of an application's messages the first two.
void add_layers(const Packet& packet, OsiRow& row) {
  const std::size_t most = row.layer <= 4 ? packet.layers.size() : 2;
  std::size_t end = 0, count = 0;
  for (const Layer& layer : packet.layers) {
    if (layer.osi != row.layer || layer.quoted) continue;
    if (layer.offset != end || count == 0) row.offset = layer.offset;
    end = layer.offset + layer.length;
    row.length = end - row.offset;
    if (++count > most) continue;
    if (count > 1) row.says.en += "; ";
    row.says.en += std::string(layer.name) + (layer.summary.empty() ? "" : "  " + layer.summary);
  }
  if (count > most) row.says.en += "; +" + std::to_string(count - most);
}

Text no_application(const Packet& packet) {
  const Layer* tls = named(packet, "TLS");
  if (tls != nullptr && !value_of(*tls, "tls.app_data").empty()) return texts::application_encrypted;
  if (tls != nullptr) return texts::application_not_yet;
  if (named(packet, "TCP") != nullptr) return texts::only_tcp_signals;
  if (named(packet, "UDP") != nullptr) return texts::empty_datagram;
  return texts::only_layers_below;
}

Text no_presentation(const Packet& packet) {
  if (const Layer* http = named(packet, "HTTP")) {
    const std::string coding = value_of(*http, "http.content_encoding"), type = value_of(*http, "http.content_type");
    return texts::http_presentation(type.empty() ? Text(texts::http_text) : Text{type, type},
                                    coding.empty() ? Text(texts::no_compression) : Text{coding, coding});
  }
  const Layer* top = first_of(packet, 7);
  if (top == nullptr) return texts::nothing_to_present;
  if (top->name == "IRC") return texts::irc_presentation;
  if (top->name == "Data") return texts::presentation_unknown;
  return texts::form_is_in_7;
}

Text no_session(const Packet& packet) {
  if (named(packet, "TLS") != nullptr) return texts::session_of_tls;
  if (named(packet, "HTTP") != nullptr) return texts::session_of_http;
  if (named(packet, "TCP") != nullptr) return texts::session_of_tcp;
  if (named(packet, "UDP") != nullptr) return texts::udp_has_no_session;
  return texts::nothing;
}

Text no_transport(const Packet& packet) {
  const Layer* ip = named(packet, "IPv4");
  if (ip != nullptr && !value_of(*ip, "ip.frag_offset").starts_with("0 ") && !value_of(*ip, "ip.frag_offset").empty())
    return texts::header_in_first_fragment;
  if (named(packet, "ICMP") != nullptr || named(packet, "ICMPv6") != nullptr) return texts::icmp_over_ip;
  return texts::nothing;
}

Text no_network(const Packet& packet) {
  if (named(packet, "ARP") != nullptr) return texts::arp_in_layer_2;
  return texts::network_unknown;
}

Text physical(const LayersFrame& frame) {
  if (!frame.physical.empty()) return frame.physical;
  if (frame.interface == "lo" || frame.link == codec::LinkType::null || frame.link == codec::LinkType::loop)
    return texts::loopback_is_memory;
  return texts::signals_on_medium;
}

// Whether the row's layer may be in what is missing: the last layer that is there goes on.
bool may_be_missing(int layer, const Packet& packet) {
  if (packet.layers.empty()) return false;
  const Layer& last = packet.layers.back();
  return last.cut && !last.quoted && last.name != "ARP" && last.osi <= layer && layer != 5;
}

Text missing(const LayersFrame& frame) {
  const std::size_t captured = frame.bytes.size();
  return frame.original_length > captured ? texts::not_captured(captured, frame.original_length)
                                          : Text(texts::not_in_frame);
}

Text nothing_at(int layer, const Packet& packet, const LayersFrame& frame) {
  if (may_be_missing(layer, packet)) return missing(frame);
  switch (layer) {
    case 7:
      return no_application(packet);
    case 6:
      return no_presentation(packet);
    case 5:
      return no_session(packet);
    case 4:
      return no_transport(packet);
    case 3:
      return no_network(packet);
    case 2:
      if (frame.bytes.empty()) return texts::nothing_captured;
      return texts::begins_with_ip;
    default:
      return physical(frame);
  }
}

}  // namespace

std::array<OsiRow, 7> osi_rows(const Packet& packet, const LayersFrame& frame) {
  static const Text names[] = {texts::layer_application, texts::layer_presentation, texts::layer_session,
                               texts::layer_transport,   texts::layer_network,      texts::layer_data_link,
                               texts::layer_physical};
  static const Text four[] = {texts::tcpip_application,
                              texts::tcpip_application,
                              texts::tcpip_application,
                              texts::tcpip_transport,
                              texts::tcpip_internet,
                              texts::tcpip_link,
                              {}};
  std::array<OsiRow, 7> rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].layer = 7 - static_cast<int>(i);
    rows[i].name = names[i];
    rows[i].tcpip = four[i];
    add_layers(packet, rows[i]);
    if (rows[i].length == 0) rows[i].says = nothing_at(rows[i].layer, packet, frame);
  }
  return rows;
}

bool has_field(const Packet& packet, std::string_view wanted) noexcept {
  for (const Layer& layer : packet.layers) {
    for (const codec::Field& field : layer.fields) {
      if (codec::field_matches(field.name, wanted)) return true;
    }
  }
  return false;
}

}  // namespace loquat::wire
