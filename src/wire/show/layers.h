// layers.h - one frame, layer by layer: as the seven layers of the textbook, as TCP/IP's four, and byte by byte.
//
// True of every call in this file:
//   Rows      A layer without bytes in the frame says why it has none.
//   Text      UTF-8 without control characters, whatever the frame holds (cells.h, escape()). JSON holds the frame's
//             own text.
//   Threads   Any.
//
// Layer: wire (docs/layers.txt).  Source: ISO/IEC 7498-1 (seven layers), RFC 1122 s.1.1.3 (four).  The JSON:
// docs/layers-view.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/network/link_type.h"
#include "codec/packet/packet.h"
#include "wire/text/language.h"
#include "wire/trace/layers_frame.h"

namespace loquat::wire {

// One of the seven layers.
struct OsiRow {
  int layer = 0;                       // 7 to 1
  Text name{};                         // "Transport"
  Text tcpip{};                        // of TCP/IP's four: "transport"; empty for layer 1
  Text says{};                         // what the frame holds there, or why nothing
  std::size_t offset = 0, length = 0;  // in bytes; length 0: no bytes of its own
};
std::array<OsiRow, 7> osi_rows(const codec::Packet& packet, const LayersFrame& frame);

// One JSON object without a line end.
std::string layers_json(const LayersFrame& frame);

struct LayersStyle {
  Language language = Language::en;
  bool colour = false;
  bool ascii = false;   // ASCII only, but for text of the frame and Chinese
  std::string field{};  // whose bytes to mark: "tcp.seq"
};
// The whole view: seven rows, every field with its value and position, and a hex dump.
std::string layers_text(const LayersFrame& frame, const LayersStyle& style);

// The frame in one line, its time relative to `start` (ns).
std::string layers_line(const LayersFrame& frame, const LayersStyle& style, std::int64_t start = 0);

// Whether the frame has a field that `wanted` matches.
bool has_field(const codec::Packet& packet, std::string_view wanted) noexcept;

}  // namespace loquat::wire
