#include "codec/capture/writer.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "codec/capture/pcapng.h"
#include "codec/network/bytes.h"
#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

using namespace pcapng;

// One block: its lengths are written at its end. In this machine's byte order, as the format allows.
class Block {
 public:
  Block(std::string& out, std::uint32_t type) : out_(out), start_(out.size()) {
    number(type);
    number<std::uint32_t>(0);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  template <class Number>
  void number(Number value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  void data(std::string_view bytes) {
    out_ += bytes;
    out_.append(padded(bytes.size()) - bytes.size(), '\0');
  }
  void time(std::int64_t ns) {
    const auto bits = static_cast<std::uint64_t>(ns);
    number(static_cast<std::uint32_t>(bits >> 32));
    number(static_cast<std::uint32_t>(bits));
  }

  void option(std::uint16_t code, std::string_view value) {
    number(code);
    number(static_cast<std::uint16_t>(value.size()));
    data(value);
  }
  // Nothing for an empty text.
  void text(std::uint16_t code, std::string_view value) {
    if (!value.empty()) option(code, value.substr(0, utf8_cut(value, 65535)));
  }
  template <class Number>
  void value(std::uint16_t code, Number n) {
    option(code, {reinterpret_cast<const char*>(&n), sizeof n});
  }
  void end_options() { number<std::uint32_t>(end_of_options); }

  void end() {
    const auto length = static_cast<std::uint32_t>(out_.size() - start_ + 4);
    number(length);
    std::memcpy(out_.data() + start_ + 4, &length, 4);
  }

 private:
  std::string& out_;
  std::size_t start_;
};

}  // namespace

CaptureWriter::CaptureWriter(std::string_view application) {
  Block block(out_, section);
  block.number(byte_order);
  block.number<std::uint16_t>(1);
  block.number<std::uint16_t>(0);
  block.number(~std::uint64_t{0});  // the section's length: until the next section
  block.text(application_option, application);
  block.end_options();
  block.end();
}

std::uint32_t CaptureWriter::interface(const CaptureInterface& interface) {
  Block block(out_, interface_block);
  block.number(static_cast<std::uint16_t>(interface.link));
  block.number<std::uint16_t>(0);
  block.number(interface.snaplen);
  block.text(name_option, interface.name);
  block.text(description, interface.description);
  block.value<std::uint8_t>(resolution_option, 9);
  block.end_options();
  block.end();
  return interfaces_++;
}

void CaptureWriter::packet(const CapturedPacket& packet) {
  if (packet.interface >= interfaces_) throw std::invalid_argument("CaptureWriter: a packet of an unknown interface");
  Block block(out_, packet_block);
  block.number(packet.interface);
  block.time(packet.time_ns);
  block.number(static_cast<std::uint32_t>(packet.bytes.size()));
  block.number(static_cast<std::uint32_t>(std::max(packet.original_length, packet.bytes.size())));
  block.data(text_of(packet.bytes));
  block.text(comment, packet.comment);
  if (packet.direction != CaptureDirection::unknown)
    block.value<std::uint32_t>(flags, packet.direction == CaptureDirection::in ? 1 : 2);
  block.end_options();
  block.end();
}

void CaptureWriter::names(std::span<const std::pair<IpAddress, std::string>> names) {
  Block block(out_, names_block);
  for (const auto& [address, full] : names) {
    const std::string_view name = std::string_view(full).substr(0, full.find('\0')).substr(0, 65000);
    if (name.empty()) continue;
    std::string record(reinterpret_cast<const char*>(address.bytes.data()), address.v6 ? 16 : 4);
    (record += name) += '\0';
    block.option(address.v6 ? 2 : 1, record);
  }
  block.end_options();  // of the records; there are no options
  block.end();
}

void CaptureWriter::tls_secrets(std::string_view key_log) {
  Block block(out_, secrets);
  block.number(tls_key_log);
  block.number(static_cast<std::uint32_t>(key_log.size()));
  block.data(key_log);
  block.end();
}

void CaptureWriter::statistics(std::uint32_t interface, std::int64_t time_ns, std::uint64_t received,
                               std::uint64_t dropped) {
  if (interface >= interfaces_) throw std::invalid_argument("CaptureWriter: statistics of an unknown interface");
  Block block(out_, statistics_block);
  block.number(interface);
  block.time(time_ns);
  block.value(received_option, received);
  block.value(dropped_option, dropped);
  block.end_options();
  block.end();
}

std::string CaptureWriter::take() { return std::exchange(out_, std::string()); }

}  // namespace loquat::codec
