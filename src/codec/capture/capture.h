// capture.h - what capture files hold: packets and the interfaces that they were seen on.
//
// Layer: codec (docs/layers.txt).  Files are read by reader.h and written by writer.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/network/link_type.h"

namespace loquat::codec {

struct CaptureInterface {
  std::string name{};         // "eth0"; pcap has none
  std::string description{};  // one line for people
  LinkType link = LinkType::ethernet;
  std::uint32_t snaplen = 0;               // the most bytes of a packet that were kept; 0: all
  std::optional<std::uint64_t> dropped{};  // by the capturing machine, if the file says so
};

enum class CaptureDirection : std::uint8_t { unknown, in, out };

struct CapturedPacket {
  std::int64_t time_ns = 0;     // since 1970; 0 if the file has no time for it
  std::uint32_t interface = 0;  // index into the file's interfaces
  LinkType link = LinkType::ethernet;
  std::size_t original_length = 0;     // on the wire; more than bytes.size() if the capture was cut
  std::span<const std::byte> bytes{};  // what was kept
  std::string_view comment{};          // the first one; empty if there is none
  CaptureDirection direction = CaptureDirection::unknown;
};

}  // namespace loquat::codec
