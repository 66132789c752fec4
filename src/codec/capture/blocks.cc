// pcapng's blocks, for reader.h.
#include <algorithm>
#include <limits>

#include "codec/capture/pcapng.h"
#include "codec/capture/reader.h"
#include "codec/network/bytes.h"

namespace loquat::codec {
namespace {

using namespace pcapng;

__extension__ using Wide = __int128;

std::int64_t clamped(Wide value) noexcept {
  constexpr Wide most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(value, -most - 1, most));
}

// Nanoseconds for a count of units of 10^-n or, with the top bit set, 2^-n seconds.
std::int64_t nanoseconds(std::uint64_t count, std::uint8_t resolution, std::int64_t offset) noexcept {
  Wide ns = count;
  if ((resolution & 0x80) != 0) {
    const int bits = resolution & 0x7F;
    ns = bits > 94 ? 0 : ns * 1'000'000'000 >> bits;  // 2^64 * 10^9 is less than 2^94
  } else {
    for (int n = resolution; n < 9; ++n) ns *= 10;
    for (int n = resolution; n > 9 && ns != 0; --n) ns /= 10;
  }
  return clamped(ns + Wide{offset} * 1'000'000'000);
}

}  // namespace

std::optional<CapturedPacket> CaptureReader::next_of_pcapng() {
  Whole block;
  while (next_block(block)) {
    auto packet = read_block(block);
    if (!error_.empty()) return std::nullopt;
    take(block.body.size() + 12);
    if (packet) return packet;
  }
  return std::nullopt;
}

bool CaptureReader::next_block(Whole& block) {
  const Bytes bytes = rest();
  if (bytes.size() < 12) return false;
  if (be32(bytes, 0) == section && !begin_section(bytes)) return false;  // before its length can be read
  const std::size_t length = get32(bytes, 4);
  if (length < 12 || length % 4 != 0 || length > largest) {
    fail("a block of " + std::to_string(length) + " bytes");
    return false;
  }
  wanted_ = length;
  if (bytes.size() < length) return false;
  if (get32(bytes, length - 4) != length) {
    fail("a block whose two lengths differ");
    return false;
  }
  block = {get32(bytes, 0), bytes.subspan(8, length - 12)};
  return true;
}

bool CaptureReader::begin_section(Bytes bytes) {
  const std::uint32_t order = be32(bytes, 8);
  if (order != byte_order && __builtin_bswap32(order) != byte_order) {
    fail("a section without a byte order");
    return false;
  }
  big_ = order == byte_order;
  return true;
}

std::optional<CapturedPacket> CaptureReader::read_block(const Whole& block) {
  const Bytes body = block.body;
  const bool small = body.size() < (block.type == section                                          ? 16u
                                    : block.type == interface_block                                ? 8u
                                    : block.type == packet_block || block.type == old_packet_block ? 20u
                                    : block.type == statistics_block                               ? 12u
                                    : block.type == simple_packet                                  ? 4u
                                                                                                   : 0u);
  if (small) {
    fail("a block that is too short for its kind, " + std::to_string(block.type));
    return std::nullopt;
  }
  switch (block.type) {
    case section:
      if (get16(body, 4) != 1) fail("pcapng of version " + std::to_string(get16(body, 4)) + "; 1 is known");
      first_of_section_ = interfaces_.size();
      return std::nullopt;
    case interface_block:
      read_interface(body);
      return std::nullopt;
    case names_block:
      read_names(body);
      return std::nullopt;
    case statistics_block:
      read_statistics(body);
      return std::nullopt;
    case packet_block:
      return read_packet(body, get32(body, 0));
    case old_packet_block:
      return read_packet(body, get16(body, 0));
    case simple_packet:
      return read_simple_packet(body);
    default:
      return std::nullopt;
  }
}

// Calls each(code, value) up to the end or to a length that does not fit.
template <class Each>
void CaptureReader::each_option(Bytes options, Each each) {
  while (options.size() >= 4) {
    const std::uint16_t code = get16(options, 0);
    const std::size_t size = get16(options, 2);
    if (code == end_of_options || size > options.size() - 4) return;
    each(code, options.subspan(4, size));
    options = options.subspan(std::min(4 + padded(size), options.size()));
  }
}

void CaptureReader::read_interface(Bytes body) {
  CaptureInterface out;
  Clock clock;
  out.link = static_cast<LinkType>(get16(body, 0));
  out.snaplen = get32(body, 4);
  each_option(body.subspan(8), [&](std::uint16_t code, Bytes value) {
    if (code == name_option) out.name = text_of(value);
    if (code == description) out.description = text_of(value);
    if (code == resolution_option && value.size() == 1) clock.resolution = be8(value, 0);
    if (code == offset_option && value.size() == 8) clock.offset = static_cast<std::int64_t>(get64(value, 0));
  });
  interfaces_.push_back(std::move(out));
  clocks_.push_back(clock);
}

void CaptureReader::read_names(Bytes body) {
  each_option(body, [&](std::uint16_t code, Bytes value) {
    const std::size_t size = code == 1 ? 4 : 16;
    if (code > 2 || value.size() <= size) return;
    const std::string_view text = text_of(value.subspan(size));
    names_.emplace_back(IpAddress::from(value.first(size)), text.substr(0, text.find('\0')));
  });
}

void CaptureReader::read_statistics(Bytes body) {
  const std::uint64_t index = first_of_section_ + std::uint64_t{get32(body, 0)};
  if (index >= interfaces_.size()) return;
  each_option(body.subspan(12), [&](std::uint16_t code, Bytes value) {
    if (code == dropped_option && value.size() == 8) interfaces_[index].dropped = get64(value, 0);
  });
}

std::optional<CapturedPacket> CaptureReader::read_packet(Bytes body, std::uint32_t interface) {
  const std::uint64_t index = first_of_section_ + std::uint64_t{interface};
  const std::size_t size = get32(body, 12);
  if (index >= interfaces_.size()) fail("a packet of an unknown interface");
  if (size > body.size() - 20) fail("a packet that is longer than its block");
  if (!error_.empty()) return std::nullopt;
  CapturedPacket out;
  const std::uint64_t count = std::uint64_t{get32(body, 4)} << 32 | get32(body, 8);
  out.time_ns = nanoseconds(count, clocks_[index].resolution, clocks_[index].offset);
  out.interface = static_cast<std::uint32_t>(index);
  out.link = interfaces_[index].link;
  out.bytes = body.subspan(20, size);
  out.original_length = std::max<std::size_t>(get32(body, 16), size);
  read_packet_options(body.subspan(std::min(20 + padded(size), body.size())), out);
  return out;
}

void CaptureReader::read_packet_options(Bytes options, CapturedPacket& packet) {
  each_option(options, [&](std::uint16_t code, Bytes value) {
    if (code == comment && packet.comment.empty()) packet.comment = text_of(value);
    if (code != flags || value.size() != 4) return;
    const std::uint32_t direction = get32(value, 0) & 3;
    if (direction == 1) packet.direction = CaptureDirection::in;
    if (direction == 2) packet.direction = CaptureDirection::out;
  });
}

// It has neither a time nor a length of its own; its interface is the section's first.
std::optional<CapturedPacket> CaptureReader::read_simple_packet(Bytes body) {
  if (first_of_section_ >= interfaces_.size()) {
    fail("a packet of an unknown interface");
    return std::nullopt;
  }
  const CaptureInterface& interface = interfaces_[first_of_section_];
  const std::size_t original = get32(body, 0);
  std::size_t size = std::min(original, body.size() - 4);
  if (interface.snaplen != 0) size = std::min<std::size_t>(size, interface.snaplen);
  CapturedPacket out;
  out.interface = static_cast<std::uint32_t>(first_of_section_);
  out.link = interface.link;
  out.bytes = body.subspan(4, size);
  out.original_length = original;
  return out;
}

}  // namespace loquat::codec
