// The decoder: fields lie inside the frame, its two readings of TCP agree, and work is bounded by the frame's size.
// The first byte of the input chooses the link type, and whether payloads are WebSocket frames.
#include <algorithm>
#include <string>

#include "codec/network/segment.h"
#include "codec/packet/packet.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;

namespace {

constexpr LinkType links[] = {LinkType::ethernet,   LinkType::raw_ip,   LinkType::null,     LinkType::linux_sll,
                              LinkType::linux_sll2, LinkType::raw_ipv4, LinkType::raw_ipv6, LinkType::loop,
                              LinkType::raw_bsd,    LinkType::ppp,      LinkType{0xFFFF}};

void check_bounds(const Packet& packet, std::size_t size) {
  std::size_t fields = 0, text = 0;
  for (const Layer& layer : packet.layers) {
    check(layer.offset <= size && layer.length <= size - layer.offset, "a layer lies inside the frame");
    check(!layer.name.empty() && layer.osi >= 2 && layer.osi <= 7, "a layer has a name and a number");
    for (const Field& field : layer.fields) {
      check(std::size_t{field.bit_offset} + field.bit_length <= size * 8, "a field lies inside the frame");
      check(!field.name.empty() && !field.label.empty(), "a field has names");
      text += field.value.size();
    }
    fields += layer.fields.size();
  }
  check(packet.layers.size() <= 24 + size / 2, "layers are bounded");
  check(fields <= 200 + 4 * size, "fields are bounded");
  check(text <= 40000 + 200 * size, "text is bounded");
}

std::string value(const Layer& layer, std::string_view name) {
  for (const Field& field : layer.fields) {
    if (field.name == name) return field.value;
  }
  return "none";
}

// The TCP layer that was sent here, whatever tunnels are around it.
const Layer* sent_tcp(const Packet& packet) {
  for (const Layer& layer : packet.layers) {
    if (layer.name == "TCP" && !layer.quoted) return &layer;
  }
  return nullptr;
}

void check_segment(const Segment& segment, const Layer* layer, std::size_t size) {
  check(layer != nullptr && layer->offset == segment.header_offset, "dissect() sees the same segment");
  check(value(*layer, "tcp.seq_raw") == std::to_string(segment.seq), "and the same sequence number");
  check(value(*layer, "tcp.ack_raw") == std::to_string(segment.ack), "and the same acknowledgment");
  check(value(*layer, "tcp.window_size_value") == std::to_string(segment.window), "and the same window");
  check(value(*layer, "tcp.dstport") == std::to_string(segment.destination.port), "and the same port");
  check(value(*layer, "tcp.flags.syn") == (segment.has(tcp::syn) ? "1" : "0"), "and the same flags");
  check(segment.payload.size() <= segment.length, "no more payload than there is");
  check(segment.payload.empty() || segment.payload_offset + segment.payload.size() <= size, "it lies inside the frame");
  check(!flag_names(segment.flags).empty() && !segment.source.text().empty(), "it can be shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 70000) return 0;
  const LinkType link = links[(data[0] & 0x7F) % std::size(links)];
  const auto application = (data[0] & 0x80) != 0 ? Application::websocket : Application::guess;
  const std::vector<std::uint8_t> copy(data + 1, data + size);  // so that ASan detects a read before its start, too
  const auto frame = std::as_bytes(std::span(copy));
  const Packet packet = dissect(frame, link, application);
  check_bounds(packet, frame.size());
  const auto segment = find_segment(frame, link);
  const Layer* layer = sent_tcp(packet);
  if (segment) check_segment(*segment, layer, frame.size());
  if (layer != nullptr && !layer->cut) check(segment.has_value(), "find_segment() sees the same segment");
  check(!summary(frame, link).empty(), "every frame has a summary");
  return 0;
}
