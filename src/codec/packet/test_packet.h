// test_packet.h - looks into dissected packets, for tests.
//
// Layer: codec (docs/layers.txt).  Only tests include it.
#pragma once

#include <string>
#include <string_view>

#include "codec/network/test_frames.h"
#include "codec/packet/packet.h"

namespace loquat::codec::test {

// "Ethernet IPv4 TCP HTTP"; a quoted layer is in brackets, a cut one has a '!'.
inline std::string names(const Packet& packet) {
  std::string out;
  for (const Layer& layer : packet.layers) {
    std::string name(layer.name);
    if (layer.cut) name += '!';
    if (layer.quoted) name = '(' + name + ')';
    out += (out.empty() ? "" : " ") + name;
  }
  return out;
}

// "value @ bit offset + bit length" of the field called `name`, the `skip`th of them.
inline std::string field(const Packet& packet, std::string_view name, int skip = 0) {
  for (const Layer& layer : packet.layers) {
    for (const Field& f : layer.fields) {
      if (f.name == name && skip-- == 0)
        return f.value + " @ " + std::to_string(f.bit_offset) + "+" + std::to_string(f.bit_length);
    }
  }
  return "none";
}

inline std::string value(const Packet& packet, std::string_view name, int skip = 0) {
  const std::string all = field(packet, name, skip);
  return all.substr(0, all.rfind(" @ "));
}

// The summary of the last layer with that name.
inline std::string says(const Packet& packet, std::string_view name) {
  std::string out = "none";
  for (const Layer& layer : packet.layers) {
    if (layer.name == name) out = layer.summary;
  }
  return out;
}

inline Packet dissect_tcp(std::string payload, unsigned destination = 80) {
  return dissect(tcp_frame({.destination = destination, .flags = 24, .payload = std::move(payload)}));
}

}  // namespace loquat::codec::test
