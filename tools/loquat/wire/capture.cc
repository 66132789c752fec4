#include "capture.h"

#include <netinet/in.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "loquat/address.h"
#include "wire/capture/fate_comments.h"

namespace loquat::tool {
namespace {

using wire::Fate;
using wire::Side;

std::string comment_of(const wire::Frame& frame) {
  std::string comment(frame.fate == Fate::dropped     ? wire::lost_comment
                      : frame.fate == Fate::corrupted ? wire::turns_comment
                                                      : std::string_view());
  if (frame.retransmission_of != 0)
    comment += (comment.empty() ? "" : "; ") + ("retransmission of #" + std::to_string(frame.retransmission_of));
  if (!frame.why.empty()) comment += (comment.empty() ? "" : "; ") + frame.why.en;
  return comment;
}

std::string arrived_comment(const wire::Frame& frame) {
  if (frame.fate == Fate::corrupted) return std::string(wire::turned_comment);
  if (frame.copy_of != 0) return "a copy of #" + std::to_string(frame.copy_of) + " that the wire made";
  return frame.why.en;
}

// Of "10.0.0.1:40000", "10.0.0.1", "[fd00::1]:40000" or "fd00::1".
codec::IpAddress ip_of(const std::string& text) {
  const bool bracket = text[0] == '[';
  const bool bare_ipv6 = !bracket && std::count(text.begin(), text.end(), ':') > 1;
  const std::string host =
      bracket ? text.substr(1, text.find(']') - 1) : text.substr(0, bare_ipv6 ? text.npos : text.find(':'));
  const Address address(host, 0);
  if (bracket || bare_ipv6) {
    const auto& ipv6 = *reinterpret_cast<const sockaddr_in6*>(address.data());
    return codec::IpAddress::from(std::as_bytes(std::span(&ipv6.sin6_addr, 1)));
  }
  const auto& ipv4 = *reinterpret_cast<const sockaddr_in*>(address.data());
  return codec::IpAddress::from(std::as_bytes(std::span(&ipv4.sin_addr, 1)));
}

// Neither end has sent it.
bool made_by_wire(const wire::Frame& frame) { return frame.copy_of != 0 || frame.by_wire; }

}  // namespace

VantageCapture::VantageCapture(Side side, const std::string& path)
    : side_(side), path_(path), file_(path, std::ios::binary), writer_("loquat " LOQUAT_VERSION) {
  if (!file_) throw std::runtime_error("cannot write to " + path);
}

void VantageCapture::begin(const wire::Begin& begin) {
  wall_ns_ = begin.wall_ns;
  const std::string& end = side_ == Side::client ? begin.client : begin.server;
  writer_.interface({.name = std::string(name(side_)),
                     .description = begin.scenario + ": " + end + ", as the " + std::string(name(side_)) + " saw it"});
  std::vector<std::pair<codec::IpAddress, std::string>> names;
  for (const auto& [text, who] : {std::pair(begin.client, "client"), std::pair(begin.server, "server")})
    names.emplace_back(ip_of(text), who);
  writer_.names(names);
  write();
}

VantageCapture::Packet* VantageCapture::find_sent(int number) {
  const auto found = std::find_if(packets_.begin(), packets_.end(),
                                  [&](const Packet& packet) { return packet.sent && packet.number == number; });
  return found == packets_.end() ? nullptr : &*found;
}

void VantageCapture::add_frame(const wire::Frame& frame) {
  const auto at = [&](Duration time) { return wall_ns_ + std::chrono::nanoseconds(time).count(); };
  if (frame.from == side_) {
    if (made_by_wire(frame)) return;
    Packet* packet = find_sent(frame.number);
    if (packet == nullptr)
      packet = &packets_.emplace_back(Packet{at(frame.sent), frame.number, false, true, frame.bytes, {}});
    if (frame.fate == Fate::held) return;
    packet->known = true;
    packet->comment = comment_of(frame);
  } else if (frame.fate == Fate::delivered || frame.fate == Fate::corrupted) {
    packets_.push_back({at(frame.delivered), frame.number, true, false,
                        frame.fate == Fate::corrupted ? frame.arrived : frame.bytes, arrived_comment(frame)});
  }
  write_known();
}

void VantageCapture::write_known() {
  while (!packets_.empty() && packets_.front().known) {
    const Packet& packet = packets_.front();
    last_ns_ = std::max(last_ns_, packet.time_ns);
    writer_.packet({.time_ns = packet.time_ns,
                    .bytes = packet.bytes,
                    .comment = packet.comment,
                    .direction = packet.sent ? codec::CaptureDirection::out : codec::CaptureDirection::in});
    ++written_;
    packets_.pop_front();
  }
  write();
}

void VantageCapture::add(const wire::Row& row) {
  if (const auto* start = std::get_if<wire::Begin>(&row)) begin(*start);
  if (const auto* frame = std::get_if<wire::Frame>(&row)) add_frame(*frame);
  if (const auto* note = std::get_if<wire::Note>(&row); note != nullptr && !note->tls_keys.empty()) {
    writer_.tls_secrets(note->tls_keys);  // before the frames that they open
    write();
  }
}

void VantageCapture::finish() {
  for (Packet& packet : packets_) {
    if (!packet.known) packet.comment = wire::on_the_wire_comment;
    packet.known = true;
  }
  write_known();
  writer_.statistics(0, last_ns_, written_, 0);
  write();
}

void VantageCapture::write() {
  const std::string blocks = writer_.take();
  if (!file_.write(blocks.data(), static_cast<std::streamsize>(blocks.size())).flush())
    throw std::runtime_error("cannot write to " + path_);
}

std::vector<std::unique_ptr<VantageCapture>> open_captures(const std::string& path, const std::string& vantage) {
  std::vector<std::unique_ptr<VantageCapture>> captures;
  const std::filesystem::path whole(path);
  for (const Side side : {Side::client, Side::server}) {
    if (vantage != "both" && vantage != name(side)) continue;
    std::string file = path;
    if (vantage == "both")
      file =
          (whole.parent_path() / (whole.stem().string() + "." + std::string(name(side)) + whole.extension().string()))
              .string();
    captures.push_back(std::make_unique<VantageCapture>(side, file));
  }
  return captures;
}

}  // namespace loquat::tool
