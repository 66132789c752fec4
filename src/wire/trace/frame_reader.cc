#include "wire/trace/frame_reader.h"

#include <algorithm>
#include <chrono>

#include "codec/http1/head.h"
#include "wire/text/texts.h"
#include "wire/trace/json_rows.h"

namespace loquat::wire {
namespace {

constexpr std::size_t max_web_sockets = 4096, max_tls = 8192;

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Text comment_of(const Frame& frame) {
  if (frame.fate == Fate::delivered) return frame.why;
  const bool lost = frame.fate == Fate::dropped;
  if (frame.why.empty()) return lost ? texts::lost : texts::corrupted;
  return lost ? texts::lost_because(frame.why) : texts::corrupted_because(frame.why);
}

// Whether a response says that its connection goes on as a WebSocket.
bool switches_to_websocket(std::string_view payload) {
  if (!payload.starts_with("HTTP/1.1 101")) return false;
  for (std::size_t at = payload.find('\n'); at != std::string_view::npos; at = payload.find('\n', at + 1)) {
    const std::string_view line = payload.substr(at + 1, payload.find('\n', at + 1) - at - 1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !codec::http_equal(line.substr(0, colon), "Upgrade")) continue;
    std::string_view value = line.substr(colon + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    return codec::http_list_has(value, "websocket");
  }
  return false;
}

}  // namespace

void FrameReader::feed(std::span<const std::byte> bytes) {
  if (!error_.empty()) return;
  if (format_ == Format::capture) return capture_.feed(bytes);
  begin_ += text_of(bytes);
  if (format_ == Format::lines || begin_.empty()) return;
  const auto all = std::as_bytes(std::span(begin_));
  const bool capture = codec::CaptureReader::begins(all);
  if (capture && all.size() < 4) return;  // it may turn out to be one
  if (!capture && begins_as_recording(begin_)) {
    format_ = Format::lines;
    return;
  }
  format_ = Format::capture;
  capture_.feed(all);
  begin_.clear();
}

void FrameReader::end() { ended_ = true; }

std::optional<LayersFrame> FrameReader::next() {
  if (!error_.empty() || format_ == Format::unknown) return std::nullopt;
  std::optional<LayersFrame> frame = format_ == Format::capture ? next_captured() : next_line();
  if (frame) follow(*frame);
  return frame;
}

std::string FrameReader::missing() const {
  if (format_ == Format::capture || format_ == Format::unknown) return capture_.missing();
  return "";
}

std::optional<LayersFrame> FrameReader::next_captured() {
  const auto packet = capture_.next();
  error_ = capture_.error();
  if (error_ == "neither pcap nor pcapng") error_ += ", nor a trace as JSON lines";
  if (!packet) return std::nullopt;
  LayersFrame frame;
  frame.bytes = packet->bytes;
  frame.original_length = packet->original_length;
  frame.link = packet->link;
  frame.number = ++frames_;
  frame.time_ns = packet->time_ns;
  interface_ = capture_.interfaces()[packet->interface].name;
  frame.interface = interface_;
  frame.comment = {std::string(packet->comment), ""};
  return frame;
}

std::optional<LayersFrame> FrameReader::next_line() {
  for (;;) {
    std::size_t end = begin_.find('\n');
    if (end == std::string::npos && ended_ && !begin_.empty()) end = begin_.size();
    if (end == std::string::npos) {
      if (begin_.size() > max_row) error_ = "line " + std::to_string(lines_ + 1) + ": too long";
      return std::nullopt;
    }
    const std::string line = begin_.substr(0, end);
    begin_.erase(0, std::min(end + 1, begin_.size()));
    ++lines_;
    LayersFrame frame;
    if (read_line(line, frame)) return frame;
    if (!error_.empty()) return std::nullopt;
  }
}

bool FrameReader::read_line(std::string_view line, LayersFrame& out) {
  if (line.find_first_not_of(" \r\t") == std::string_view::npos) return false;
  try {
    auto row = read_row(line);
    if (!row || !std::holds_alternative<Frame>(*row)) return false;
    traced_ = std::get<Frame>(std::move(*row));
  } catch (const TraceError& e) {
    error_ = "line " + std::to_string(lines_) + ": " + e.what();
    return false;
  }
  if (traced_.fate == Fate::held) return false;  // it is told again
  out.bytes = traced_.bytes;
  out.link = traced_.link;
  out.number = traced_.number;
  out.time_ns = std::chrono::nanoseconds(traced_.sent).count();
  out.comment = comment_of(traced_);
  out.physical = texts::virtual_cable;
  return true;
}

void FrameReader::follow(LayersFrame& frame) {
  const auto segment = codec::find_segment(frame.bytes, frame.link);
  if (!segment) return;
  if (segment->has(codec::tcp::syn)) {  // a new connection between old ports
    websockets_.erase({segment->source, segment->destination});
    websockets_.erase({segment->destination, segment->source});
    tls_.erase({segment->source, segment->destination});
  }
  if (!segment->payload.empty()) follow_tls(frame, *segment);
  const auto found = websockets_.find({segment->source, segment->destination});
  if (found == websockets_.end()) return begin_websocket(*segment);
  if (segment->payload.empty() || segment->seq != found->second) return;
  frame.application = codec::Application::websocket;
  std::uint64_t at = 0;
  while (at < segment->payload.size()) {
    const std::uint64_t size = codec::websocket_frame_size(segment->payload.subspan(at));
    if (size == 0) {
      websockets_.erase(found);
      return;
    }
    at += size;
  }
  found->second = segment->seq + static_cast<std::uint32_t>(at);
}

void FrameReader::follow_tls(LayersFrame& frame, const codec::Segment& segment) {
  auto found = tls_.find({segment.source, segment.destination});
  if (found == tls_.end()) {
    if (codec::tls_record_size(segment.payload) == 0 || tls_.size() >= max_tls) return;
    found = tls_.try_emplace({segment.source, segment.destination}, TlsRecords{segment.seq}).first;
  }
  TlsRecords& records = found->second;
  if (records.encrypted && !codec::seq_before(segment.seq, *records.encrypted))
    frame.application = codec::Application::encrypted_tls;
  if (codec::seq_before(records.next, segment.seq) && codec::tls_record_size(segment.payload) != 0)
    records.next = segment.seq;  // something was missed
  const std::uint32_t skip = records.next - segment.seq;
  if (skip >= segment.payload.size()) return;  // the middle of a record, or nothing new
  std::uint64_t at = skip;
  while (at < segment.payload.size()) {
    const std::uint64_t size = codec::tls_record_size(segment.payload.subspan(at));
    if (size == 0) break;
    if (segment.payload[at] == codec::tls_change_cipher_spec && !records.encrypted)
      records.encrypted = segment.seq + static_cast<std::uint32_t>(at + size);
    at += size;
  }
  records.next = segment.seq + static_cast<std::uint32_t>(at);
}

void FrameReader::begin_websocket(const codec::Segment& response) {
  const std::string_view text = text_of(response.payload);
  if (websockets_.size() >= max_web_sockets || !switches_to_websocket(text)) return;
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return;
  websockets_[{response.source, response.destination}] = response.seq + static_cast<std::uint32_t>(head + 4);
  websockets_[{response.destination, response.source}] = response.ack;
}

}  // namespace loquat::wire
