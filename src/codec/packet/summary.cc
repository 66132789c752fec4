// One line for a frame, for ladders.
#include "codec/network/segment.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

// "TCP 40000 > 80 SYN,ACK": ladders show the numbers of what they follow.
std::string tcp_line(const Segment& segment) {
  std::string out = "TCP " + std::to_string(segment.source.port) + " > " + std::to_string(segment.destination.port) +
                    " " + flag_names(segment.flags);
  if (segment.length == 0) return out;
  return out + " len=" + std::to_string(segment.length) + captured_text(segment.length, segment.payload.size());
}

std::string short_line(const Layer& layer) {
  const std::string& text = layer.summary;
  std::string out(layer.name);
  if (text.empty()) return out;
  return out + ' ' + (layer.name == "UDP" ? text.substr(0, text.find("  ")) : text);
}

}  // namespace

std::string summary(std::span<const std::byte> frame, LinkType link) {
  if (frame.empty()) return "an empty frame";
  if (const auto segment = find_segment(frame, link)) return tcp_line(*segment);
  const Packet packet = dissect(frame, link);
  std::string out;
  for (const Layer& layer : packet.layers) {
    const bool quoted = layer.quoted;
    if (layer.name == "UDP" && !quoted)
      out = short_line(layer);
    else if (layer.name == "Data" && out.starts_with("UDP"))
      out += " len=" + std::to_string(layer.length);
    else if (layer.name == "DNS" && out.starts_with("UDP"))
      out += ' ' + short_line(layer);
    else if (!quoted)
      out = short_line(layer);
  }
  return out;
}

}  // namespace loquat::codec
