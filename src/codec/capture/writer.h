// writer.h - writes pcapng: bytes for a file or a pipe, with names, comments, directions and keys.
//
//   CaptureWriter writer("loquat");
//   writer.interface({.name = "client", .description = "10.0.0.1, the end that connects"});
//   writer.packet({.time_ns = now, .bytes = frame, .comment = "lost on the wire"});
//   file.write(writer.take());
//
// True of every call in this file:
//   Units     Times are nanoseconds since 1970. Sizes are bytes.
//   Blocks    take() gives whole blocks. A file that a killed program left ends inside one at most, and is readable up
//             to there.
//   Text      Is UTF-8; that is not checked. A text of more than 65,535 bytes is cut at a character.
//   Lifetime  Arguments need live only until the call returns.
//   Order     An interface comes before its packets; names and keys before the packets that they are for, as readers
//             may go through a file once. Not checked: that times grow.
//   Threads   One caller at a time.
//
// Layer: codec (docs/layers.txt).  Source: draft-ietf-opsawg-pcapng.  Why not libpcap:
// docs/adr/0006-own-capture-files.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/capture/capture.h"
#include "codec/network/ip_address.h"

namespace loquat::codec {

class CaptureWriter {
 public:
  // Begins a section. `application` wrote the file: "loquat 0.2.0".
  explicit CaptureWriter(std::string_view application);

  // Returns the number by which packets name it: 0, 1, ...
  std::uint32_t interface(const CaptureInterface& interface);

  // original_length 0 is that of bytes; the link type is the interface's. Throws std::invalid_argument if there is no
  // such interface.
  void packet(const CapturedPacket& packet);

  // Names that readers show for addresses. A name ends at its first NUL; an empty one is left out.
  void names(std::span<const std::pair<IpAddress, std::string>> names);

  // Keys in the format of SSLKEYLOGFILE: with them readers decrypt the TLS connections that follow.
  void tls_secrets(std::string_view key_log);

  // How many packets the interface saw, and how many of those are missing here. Throws as packet().
  void statistics(std::uint32_t interface, std::int64_t time_ns, std::uint64_t received, std::uint64_t dropped);

  // What is to be written next; the object keeps none of it.
  std::string take();

 private:
  std::string out_;
  std::uint32_t interfaces_ = 0;
};

}  // namespace loquat::codec
