// The frames of a WebSocket.  Source: RFC 6455 s.5.2.
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

std::string_view websocket_opcode_name(std::uint64_t code) {
  constexpr std::string_view names[] = {"continuation", "text", "binary", "", "", "", "", "", "close", "ping", "pong"};
  return code < 11 ? names[code] : "";
}

constexpr FieldSpec web_socket[] = {
    {"websocket.fin", "Final", 0, 1},
    {"websocket.rsv", "Reserved", 1, 3},
    {"websocket.opcode", "Kind", 4, 4, Show::decimal, websocket_opcode_name},
    {"websocket.mask", "Masked", 8, 1},
    {"websocket.payload_length", "Payload length", 9, 7},
};
constexpr FieldSpec length16 = {"websocket.payload_length_ext_16", "Payload length", 16, 16};
constexpr FieldSpec length64 = {"websocket.payload_length_ext_64", "Payload length", 16, 64};
constexpr FieldSpec masking_key = {"websocket.masking_key", "Masking key", 0, 32, Show::hex};

struct WebSocketHead {
  std::size_t size = 2;
  std::uint64_t payload = 0;
  bool plausible = false;
};

WebSocketHead websocket_head(Bytes bytes) noexcept {
  WebSocketHead out;
  if (bytes.size() < 2) return out;
  const std::size_t length = be8(bytes, 1) & 127u, extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  const bool masked = (be8(bytes, 1) & 128) != 0;
  out.size = 2 + extra + (masked ? 4 : 0);
  if (bytes.size() < 2 + extra) return out;
  out.payload = extra == 2 ? be16(bytes, 2) : extra == 8 ? be64(bytes, 2) : length;
  out.plausible = (be8(bytes, 0) & 0x70) == 0 && !websocket_opcode_name(be8(bytes, 0) & 15).empty() &&
                  out.payload < std::uint64_t{1} << 40;
  return out;
}

void read_websocket_frame(Dissection& in, Extent range, const WebSocketHead& head) {
  const std::size_t whole = head.size + static_cast<std::size_t>(head.payload);
  LayerWriter out(in, "WebSocket", 7, range, whole);
  out.add(web_socket);
  const std::uint64_t length = out.number(1, 1) & 127;
  const bool masked = (out.number(1, 1) & 128) != 0;
  if (length == 126) out.add(length16, 0);
  if (length == 127) out.add(length64, 0);
  if (masked) out.add(masking_key, head.size - 4);
  const std::size_t captured = out.bytes().size() - std::min(out.bytes().size(), head.size);
  if (captured > 0) out.add("websocket.payload", "Payload", head.size, captured, size_text(captured));
  out.layer().summary = std::string(websocket_opcode_name(out.number(0, 1) & 15)) + (masked ? " masked" : "") + "  " +
                        size_text(head.payload);
}

}  // namespace

std::uint64_t websocket_frame_size(std::span<const std::byte> payload) noexcept {
  const WebSocketHead head = websocket_head(payload);
  return head.plausible ? head.size + head.payload : 0;
}

void read_websocket(Dissection& in, Extent range) {
  for (;;) {
    const Bytes bytes = in.captured(range);
    if (bytes.empty()) return;
    const WebSocketHead head = websocket_head(bytes);
    if (!head.plausible) return read_data(in, range);  // the rest of a frame that began in an earlier segment
    read_websocket_frame(in, range, head);
    range = range.behind(head.size + static_cast<std::size_t>(head.payload));
  }
}

}  // namespace loquat::codec
