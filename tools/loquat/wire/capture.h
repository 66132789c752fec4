// capture.h - a trace as pcapng files, one for each end that looked: what it sent and what it got, when it did.
//
//   Lost      A lost frame is in its sender's file alone, with the comment "lost on the wire". A copy that the wire
//             made is in its receiver's alone. So each file is what tcpdump would have written there.
//   Two files Both ends in one file would look like retransmissions to Wireshark: "both" writes FILE with .client and
//             .server before its ending.
//   Keys      Those of a TLS connection are in the file, so that Wireshark shows what is inside.
//   Killed    The file is written as frames come, so what a killed run leaves is readable.
#pragma once

#include <cstdint>
#include <fstream>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "codec/capture/writer.h"
#include "wire/trace/trace.h"

namespace loquat::tool {

// What one end saw.
class VantageCapture {
 public:
  // Throws std::runtime_error if the file cannot be written.
  VantageCapture(wire::Side side, const std::string& path);
  // All rows of a trace, with each frame told when it is sent (held) and when its fate is known.
  void add(const wire::Row& row);
  void finish();

 private:
  struct Packet {
    std::int64_t time_ns = 0;
    int number = 0;
    bool known = false;  // its comment is, too
    bool sent = false;
    std::vector<std::byte> bytes;
    std::string comment;
  };

  void begin(const wire::Begin& begin);
  void add_frame(const wire::Frame& frame);
  Packet* find_sent(int number);
  void write_known();
  void write();

  wire::Side side_;
  std::string path_;
  std::ofstream file_;
  codec::CaptureWriter writer_;
  std::list<Packet> packets_;  // not written yet
  std::int64_t wall_ns_ = 0, last_ns_ = 0;
  std::uint64_t written_ = 0;
};

// "client", "server" or "both".
std::vector<std::unique_ptr<VantageCapture>> open_captures(const std::string& path, const std::string& vantage);

}  // namespace loquat::tool
