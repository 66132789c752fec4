// test_story.h - captures for the tests of this folder, told segment by segment.
#pragma once

#include <algorithm>
#include <string>

#include "codec/network/test_frames.h"
#include "wire/why_capture/capture_analysis.h"

namespace loquat::wire::tests {

inline constexpr std::int64_t second = 1'000'000'000;

// A connection between 10.0.0.1:40000 and 10.0.0.2:80, built segment by segment.
class Story {
 public:
  Story& at(double seconds) {
    now_ = static_cast<std::int64_t>(seconds * static_cast<double>(second));
    return *this;
  }
  Story& client(unsigned flags, std::uint32_t seq, std::uint32_t acked, const std::string& payload = {},
                unsigned window = 500) {
    return frame(codec::test::Tcp{40000, 80, 1000 + seq, 2000 + acked, flags, window, {}, payload}, false);
  }
  Story& server(unsigned flags, std::uint32_t seq, std::uint32_t acked, const std::string& payload = {},
                unsigned window = 500) {
    return frame(codec::test::Tcp{80, 40000, 2000 + seq, 1000 + acked, flags, window, {}, payload}, true);
  }
  Story& handshake() {
    return client(codec::tcp::syn, 0, 0).server(codec::tcp::syn | codec::tcp::ack, 0, 1).client(codec::tcp::ack, 1, 1);
  }
  // A frame that is none of the two ends'.
  Story& other(codec::test::Frame frame) {
    story.add({.time_ns = now_, .original_length = frame.size(), .bytes = frame});
    return *this;
  }
  // The next frames have this identification and hop limit.
  Story& ip(unsigned id, unsigned hops = 64) {
    id_ = id;
    hops_ = hops;
    return *this;
  }
  // Of the connection that began last: "path-loss certain".
  std::string verdict() {
    auto all = story.verdicts();
    if (all.empty()) return "none";
    return std::string(name(all.back().second.cause)) + " " + std::string(name(all.back().second.certainty));
  }
  CaptureAnalysis story;

 private:
  Story& frame(const codec::test::Tcp& tcp, bool back) {
    auto bytes = codec::test::tcp_frame(tcp);
    codec::test::put16(bytes, 18, id_);
    bytes[22] = std::byte(hops_);
    if (back) std::swap_ranges(bytes.begin() + 26, bytes.begin() + 30, bytes.begin() + 30);  // IP addresses
    story.add({.time_ns = now_, .original_length = bytes.size(), .bytes = bytes});
    return *this;
  }
  std::int64_t now_ = 0;
  unsigned id_ = 0, hops_ = 64;  // 0: no identification, so what comes again is sent again
};

}  // namespace loquat::wire::tests
