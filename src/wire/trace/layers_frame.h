// layers_frame.h - one frame, and what is known of it.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "codec/network/link_type.h"
#include "codec/packet/packet.h"
#include "wire/text/text.h"

namespace loquat::wire {

// A frame, and what is known of it beside its bytes. The views need live only while it is used.
struct LayersFrame {
  std::span<const std::byte> bytes{};
  std::size_t original_length = 0;  // on the wire; 0: that of bytes
  codec::LinkType link = codec::LinkType::ethernet;
  codec::Application application = codec::Application::guess;
  int number = 0;                         // 0: it has none
  std::optional<std::int64_t> time_ns{};  // since 1970, or since the beginning of a trace
  std::string_view interface {};          // on which it was seen
  Text comment{};                         // of who saw it
  Text physical{};                        // what carried it, if that is known: "a veth pair: memory, no medium"
};

}  // namespace loquat::wire
