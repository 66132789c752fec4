// TLS: records, alerts; handshakes are in tls_handshake.cc. Nothing is decrypted.  Source: RFC 8446 s.5, RFC 5246
// s.6.2.
#include "codec/packet/tls/tls.h"

#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr std::size_t header = 5, most_record = 16384 + 2048;

std::string_view content_name(std::uint64_t type) {
  constexpr std::string_view names[] = {"change cipher spec", "alert", "handshake", "application data", "heartbeat"};
  return type >= 20 && type <= 24 ? names[type - 20] : "";
}

std::string_view level_name(std::uint64_t level) { return level == 1 ? "warning" : level == 2 ? "fatal" : ""; }

constexpr FieldSpec tls_record[] = {
    {"tls.record.content_type", "Content", 0, 8, Show::decimal, content_name},
    {"tls.record.version", "Version", 8, 16, Show::hex, tls_version_name},
    {"tls.record.length", "Length", 24, 16},
};
constexpr FieldSpec alert[] = {
    {"tls.alert_message.level", "Level", 40, 8, Show::decimal, level_name},
    {"tls.alert_message.desc", "Alert", 48, 8, Show::decimal, tls_alert_name},
};

bool is_record(Bytes bytes) noexcept {
  return bytes.size() >= 3 && be8(bytes, 0) >= 20 && be8(bytes, 0) <= 24 && be8(bytes, 1) == 3 && be8(bytes, 2) <= 4 &&
         (bytes.size() < header || be16(bytes, 3) <= most_record);
}

std::string add_content(LayerWriter& out, std::uint64_t type, std::size_t length, bool encrypted) {
  if (type == 21 && length == 2 && out.has(header, 2)) {
    out.add(alert);
    return std::string(level_name(out.number(5, 1))) + " alert " + number_text(out.number(6, 1), tls_alert_name);
  }
  if (type == 22) return add_handshake(out, header, std::min(header + length, out.bytes().size()), encrypted);
  const std::size_t captured = out.bytes().size() - header;
  if (type == 23 && captured > 0) out.add("tls.app_data", "Encrypted data", header, captured, size_text(captured));
  if (type == 20 && captured > 0) out.add("tls.change_cipher_spec", "Change cipher spec", header, captured, "");
  return std::string(content_name(type)) + (type == 21 ? ", encrypted" : "") + "  " + size_text(length);
}

void read_record(Dissection& in, Extent range, std::size_t length, bool encrypted) {
  LayerWriter out(in, "TLS", 6, range, header + length);
  out.add(tls_record);
  if (!out.has(0, header)) return;
  std::string text = add_content(out, out.number(0, 1), length, encrypted);
  out.layer().summary = std::move(text);
}

}  // namespace

std::uint64_t tls_record_size(Bytes payload) noexcept {
  return payload.size() >= header && is_record(payload) ? header + be16(payload, 3) : 0;
}

bool read_tls(Dissection& in, Extent range) {
  if (!is_record(in.captured(range))) return false;
  bool encrypted = in.application == Application::encrypted_tls;
  while (range.size() > 0) {
    const Bytes bytes = in.captured(range);
    if (!is_record(bytes)) {
      read_data(in, range);
      return true;
    }
    const std::size_t length = bytes.size() < header ? most_record : be16(bytes, 3);
    read_record(in, range, length, encrypted);
    encrypted = encrypted || bytes[0] == tls_change_cipher_spec;
    range = range.behind(header + length);
  }
  return true;
}

}  // namespace loquat::codec
