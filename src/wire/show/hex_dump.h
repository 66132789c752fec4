// hex_dump.h - a frame's bytes, with the layers and one field marked in them. Internal to the layers view.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <span>
#include <string>

#include "codec/packet/packet.h"
#include "wire/show/layers.h"

namespace loquat::wire {

// 16 bytes a line. In colour, each layer has its own colour (layer_colour()) and the field is inverse. Without colour,
// a bar marks a layer's first byte and brackets surround the field.
std::string hex_dump(std::span<const std::byte> bytes, const codec::Packet& packet, const LayersStyle& style);

// The codes that switch a terminal to the colour of the layer with that index, and back.
std::string_view layer_colour(std::size_t index) noexcept;
inline constexpr std::string_view no_colour = "\x1b[0m";

}  // namespace loquat::wire
