// packet_segment.h - the TCP segment of a packet in a capture.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <optional>

#include "codec/capture/capture.h"
#include "codec/network/segment.h"

namespace loquat::wire {

// find_segment(), with the length that the packet had: where the capture has all of it, an IP header that promises more
// bytes is wrong.
inline std::optional<codec::Segment> segment_of(const codec::CapturedPacket& packet) {
  auto segment = codec::find_segment(packet.bytes, packet.link);
  if (segment && packet.original_length <= packet.bytes.size()) segment->length = segment->payload.size();
  return segment;
}

}  // namespace loquat::wire
