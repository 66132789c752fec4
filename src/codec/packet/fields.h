// fields.h - how the protocols of this folder write down what they find. Internal to codec.
//
// A protocol is a function over (Dissection, Extent): it opens a Layer, adds its fields, most of them from a table of
// bit positions, and calls the protocol that it carries.
//
// True of every call in this file:
//   Bounds    A field that is not wholly captured is not added; the layer is marked as cut.
//   Lifetime  A LayerWriter is valid as long as its Dissection.
//
// Layer: codec (docs/layers.txt).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/network/bytes.h"
#include "codec/packet/packet.h"

namespace loquat::codec {

// The bytes of a message: where it begins, and where it ends by what carries it, which may be beyond the capture.
struct Extent {
  std::size_t at = 0, end = 0;
  std::size_t size() const noexcept { return end - at; }
  // What is left behind the first `size` bytes.
  Extent behind(std::size_t size) const noexcept { return {std::min(at + size, end), end}; }
};

struct Dissection {
  Bytes frame;
  LinkType link;
  Application application;
  Packet packet{};
  bool quoted = false;  // what is being read is shown by an ICMP error
  int depth = 0;        // how many packets are around what is being read: tunnels and quotes
  int headers = 0;      // of the link, in the innermost of them

  // What was captured of a range.
  Bytes captured(Extent range) const noexcept {
    const std::size_t at = std::min(range.at, frame.size());
    return frame.subspan(at, std::max(at, std::min(range.end, frame.size())) - at);
  }
};

using NameOf = std::string_view (*)(std::uint64_t value);  // empty: it has none

enum class Show : std::uint8_t {
  decimal,
  hex,
  words,    // a count of 4 bytes: "20 (5)"
  octets8,  // a count of 8 bytes: "2 (16 bytes)"
  mac,
  ip,    // of 32 or 128 bits
  data,  // "5 bytes"
  text,
};

// A field at a fixed place of its header.
struct FieldSpec {
  std::string_view name, label;
  std::uint16_t bit = 0, bits = 0;
  Show show = Show::decimal;
  NameOf names = nullptr;
};

class LayerWriter {
 public:
  // Opens a layer of the bytes of `range` that were captured, the first `size` of them if that is fewer.
  LayerWriter(Dissection& in, std::string_view name, int osi, Extent range, std::size_t size);

  Layer& layer() noexcept { return in_.packet.layers[index_]; }
  Bytes bytes() const noexcept { return bytes_; }  // of the layer
  bool has(std::size_t at, std::size_t size) const noexcept {
    return at <= bytes_.size() && size <= bytes_.size() - at;
  }
  void cut() noexcept { layer().cut = true; }

  // Adds the fields of a header that begins `at` bytes into the layer.
  void add(std::span<const FieldSpec> specs, std::size_t at = 0);
  void add(const FieldSpec& spec, std::size_t at) { add(std::span(&spec, 1), at); }
  // Adds a field of whole bytes with a value of the caller's.
  void add(std::string_view name, std::string_view label, std::size_t at, std::size_t size, std::string value);
  // The number of a field of the table, or 0 if it is not wholly there.
  std::uint64_t number(std::size_t at, std::size_t size) const noexcept;

 private:
  Dissection& in_;
  std::size_t index_;
  Bytes bytes_;
  std::size_t offset_;
};

// "10.0.0.1", of 4 or 16 bytes; "02:00:00:00:00:0a"; "5 bytes".
std::string ip_text(Bytes address);
std::string mac_text(Bytes address);
std::string size_text(std::size_t size);
// ", 10 captured" if that is less than `size`; else nothing.
std::string captured_text(std::size_t size, std::size_t captured);
// "6 (TCP)", "0x0800 (IPv4)".
std::string number_text(std::uint64_t value, NameOf names = nullptr);
std::string hex_text(std::uint64_t value, int digits, NameOf names = nullptr);

}  // namespace loquat::codec
