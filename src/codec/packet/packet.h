// packet.h - a frame taken apart: every layer, every field, and the bits where it stands.
//
//   Packet packet = dissect(frame);
//   for (const Layer& layer : packet.layers)
//     for (const Field& field : layer.fields) show(field.name, field.value, field.bit_offset, field.bit_length);
//
// True of every call in this file:
//   Offsets   Count from the frame's first byte. A field may lie inside one before it: a flag in the flags, an option's
//             value in the option.
//   Names     Are Wireshark's filter names, "tcp.seq_raw"; its two names for one place (tcp.seq) are known to
//             field_matches(). Names and labels are constants: they live for ever.
//   Text      Values and summaries hold the packet's own text as it came, control characters and all. Who shows them
//             escapes them.
//   Bounds    Never reads outside the frame, whatever its lengths say. Work is bounded by the frame's size.
//   One frame Nothing is remembered between calls: sequence numbers are raw, and a message that began in an earlier
//             segment is data.
//
// Layer: codec (docs/layers.txt).  One protocol per file: packet/.  The quick way to a TCP segment: segment.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/network/link_type.h"

namespace loquat::codec {

struct Field {
  std::string_view name;   // "tcp.seq_raw"
  std::string_view label;  // "Sequence number"
  std::string value;       // "1000"; "6 (TCP)": a number, and what it means
  std::uint32_t bit_offset = 0, bit_length = 0;
};

struct Layer {
  std::string_view name;   // "Ethernet", "IPv4", "TCP", "DNS"
  int osi = 0;             // 1 to 7
  std::size_t offset = 0;  // bytes
  std::size_t length = 0;  // of what it has of its own and was captured: its header, or its message
  std::string summary;     // one line
  bool quoted = false;     // an ICMP error shows it; it was not sent here
  bool cut = false;        // it goes on where the capture ends, or its lengths lie
  std::vector<Field> fields;
};

struct Packet {
  std::vector<Layer> layers;  // outermost first
};

// What a TCP payload is, if it does not show by itself. `encrypted_tls`: TLS after its sender's change of the cipher,
// when a handshake record is encrypted whatever its bytes look like.
enum class Application : std::uint8_t { guess, websocket, encrypted_tls };

Packet dissect(std::span<const std::byte> frame, LinkType link = LinkType::ethernet,
               Application application = Application::guess);

// The whole size of the WebSocket frame that a payload begins with; 0 if that are too few bytes to tell, or no such
// frame.
std::uint64_t websocket_frame_size(std::span<const std::byte> payload) noexcept;

// The same of a TLS record.
std::uint64_t tls_record_size(std::span<const std::byte> payload) noexcept;
inline constexpr std::byte tls_change_cipher_spec{20};  // the first byte of such a record

// One line for a frame: "ARP who-has 10.0.0.2", "UDP 40000 > 53 DNS A example.org", "ICMP echo request id=1 seq=1",
// "TCP 40000 > 80 SYN". Never empty.
std::string summary(std::span<const std::byte> frame, LinkType link = LinkType::ethernet);

// True if somebody who asks for `wanted` means the field called `name`: the same; one of Wireshark's other names for
// that place ("tcp.seq" for tcp.seq_raw, "ip.addr" for ip.src and ip.dst); or a part of it up to a point ("tcp.flags"
// for tcp.flags.syn).
bool field_matches(std::string_view name, std::string_view wanted) noexcept;

}  // namespace loquat::codec
