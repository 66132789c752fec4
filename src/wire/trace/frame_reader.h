// frame_reader.h - reads single frames from a capture file or from a recording of ours.
//
//   FrameReader reader;
//   reader.feed(piece);
//   while (auto frame = reader.next()) show(*frame);
//
// True of every call in this file:
//   Formats   pcap and pcapng (capture/reader.h); a trace as JSON lines (json_rows.h), whose frames come when their
//             fate is told.
//   Numbers   Frames of a capture count from 1; those of a trace have their own.
//   WebSocket After a connection has switched to WebSocket, a segment that begins with a WebSocket frame is read as
//             one. Segments must come in order; after a missing one the rest of the connection is data.
//   TLS       After an end has changed its cipher, its handshake records are read as encrypted. Its records are
//             followed as long as its segments come in order, and again from one that begins with a record.
//   Lifetime  A frame's views live until the next call.
//   Memory    Bytes that were fed and not read yet; at most 4096 connections that switched to WebSocket, and 8192
//             directions of TLS.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "codec/capture/reader.h"
#include "codec/network/segment.h"
#include "wire/trace/layers_frame.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

class FrameReader {
 public:
  void feed(std::span<const std::byte> bytes);
  // Ends the input; the last line may lack its line end.
  void end();

  // Returns the next frame; nothing if more bytes are needed, or after an error.
  std::optional<LayersFrame> next();

  // Why nothing more will come, and what is missing at the end, as in capture/reader.h.
  const std::string& error() const noexcept { return error_; }
  std::string missing() const;

 private:
  enum class Format : std::uint8_t { unknown, capture, lines };
  std::optional<LayersFrame> next_captured();
  std::optional<LayersFrame> next_line();
  bool read_line(std::string_view line, LayersFrame& out);
  void follow(LayersFrame& frame);
  void follow_tls(LayersFrame& frame, const codec::Segment& segment);
  void begin_websocket(const codec::Segment& response);

  Format format_ = Format::unknown;
  std::string begin_;  // until the format is known; then lines
  bool ended_ = false;
  codec::CaptureReader capture_;
  int frames_ = 0, lines_ = 0;
  Frame traced_;  // what the last line told
  std::string interface_, error_;
  // From whom to whom, and the sequence number at which their next WebSocket frame begins.
  std::map<std::pair<codec::Endpoint, codec::Endpoint>, std::uint32_t> websockets_;
  struct TlsRecords {
    std::uint32_t next = 0;                    // the sequence number at which the next one begins
    std::optional<std::uint32_t> encrypted{};  // that of the first one with the new cipher
  };
  std::map<std::pair<codec::Endpoint, codec::Endpoint>, TlsRecords> tls_;
};

}  // namespace loquat::wire
