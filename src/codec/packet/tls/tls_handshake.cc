// TLS handshake messages that are not encrypted: hellos with their extensions.  Source: RFC 8446 s.4, RFC 6066 s.3
// (server name), RFC 7301 (ALPN).
#include <utility>

#include "codec/packet/tls/tls.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec handshake_head[] = {
    {"tls.handshake.type", "Message", 0, 8, Show::decimal, tls_handshake_name},
    {"tls.handshake.length", "Length", 8, 24},
};
constexpr FieldSpec hello[] = {
    {"tls.handshake.version", "Version", 0, 16, Show::hex, tls_version_name},
    {"tls.handshake.random", "Random", 16, 256, Show::data},
    {"tls.handshake.session_id_length", "Session identifier's length", 272, 8},
};
constexpr FieldSpec cipher = {"tls.handshake.ciphersuite", "Cipher suite", 0, 16, Show::hex, tls_cipher_name};
constexpr FieldSpec ciphers_length = {"tls.handshake.cipher_suites_length", "Cipher suites' length", 0, 16};
constexpr FieldSpec compressions_length = {"tls.handshake.comp_methods_length", "Compressions' length", 0, 8};
constexpr FieldSpec compression = {"tls.handshake.comp_method", "Compression", 0, 8};
constexpr FieldSpec extensions_length = {"tls.handshake.extensions_length", "Extensions' length", 0, 16};
constexpr FieldSpec extension[] = {
    {"tls.handshake.extension.type", "Extension", 0, 16, Show::decimal, tls_extension_name},
    {"tls.handshake.extension.len", "Length", 16, 16},
};
constexpr FieldSpec server_name[] = {
    {"tls.handshake.extensions_server_name_list_len", "List's length", 0, 16},
    {"tls.handshake.extensions_server_name_type", "Name's type", 16, 8},
    {"tls.handshake.extensions_server_name_len", "Name's length", 24, 16},
};
constexpr FieldSpec alpn_length = {"tls.handshake.extensions_alpn_len", "List's length", 0, 16};
constexpr FieldSpec alpn_name_length = {"tls.handshake.extensions_alpn_str_len", "Name's length", 0, 8};
constexpr FieldSpec versions_length = {"tls.handshake.extensions.supported_versions_len", "List's length", 0, 8};
constexpr FieldSpec supported_version = {
    "tls.handshake.extensions.supported_version", "Supported version", 0, 16, Show::hex, tls_version_name};
constexpr FieldSpec groups_length = {"tls.handshake.extensions_supported_groups_length", "List's length", 0, 16};
constexpr FieldSpec tls_group = {"tls.handshake.extensions_supported_group", "Group", 0, 16, Show::hex, tls_group_name};

// Reads one hello. at_ moves on; every step looks whether it is still inside.
class HelloReader {
 public:
  HelloReader(LayerWriter& out, std::size_t at, std::size_t end, bool client)
      : out_(out), at_(at), end_(end), client_(client) {}

  std::string read() {
    if (!take(hello, 35)) return text_;
    take_data("tls.handshake.session_id", "Session identifier", out_.number(at_ - 1, 1));
    if (client_) {
      read_list(ciphers_length, 2, cipher, 2);
      read_list(compressions_length, 1, compression, 1);
    } else {
      const std::uint64_t suite = out_.number(at_, 2);
      if (take(std::span(&cipher, 1), 2)) text_ += " " + hex_text(suite, 4, tls_cipher_name);
      take(std::span(&compression, 1), 1);
    }
    if (ok_ && at_ < end_) read_extensions();
    return text_;
  }

 private:
  bool take(std::span<const FieldSpec> specs, std::size_t size) {
    ok_ = ok_ && size <= end_ - at_ && out_.has(at_, size);
    if (!ok_) {
      out_.cut();
      return false;
    }
    out_.add(specs, at_);
    at_ += size;
    return true;
  }

  bool take_data(std::string_view name, std::string_view label, std::size_t size, std::string value = {}) {
    ok_ = ok_ && size <= end_ - at_ && out_.has(at_, size);
    if (!ok_) out_.cut();
    if (!ok_ || size == 0) return ok_;
    out_.add(name, label, at_, size, value.empty() ? size_text(size) : std::move(value));
    at_ += size;
    return true;
  }

  // A length of `width` bytes, and then that many bytes of items.
  void read_list(const FieldSpec& length, std::size_t width, const FieldSpec& item, std::size_t size) {
    if (!take(std::span(&length, 1), width)) return;
    const std::size_t list_end = at_ + out_.number(at_ - width, width);
    while (ok_ && at_ + size <= list_end) take(std::span(&item, 1), size);
  }

  void read_extensions() {
    if (!take(std::span(&extensions_length, 1), 2)) return;
    while (ok_ && at_ < end_) {
      const std::uint64_t type = out_.number(at_, 2), length = out_.number(at_ + 2, 2);
      if (!take(extension, 4)) return;
      const std::size_t next = at_ + length;
      if (next > end_) {
        ok_ = false;
        return out_.cut();
      }
      const std::size_t outer = std::exchange(end_, next);
      read_extension(type);
      ok_ = true;  // what one of them lies about is its own
      end_ = outer;
      at_ = next;
    }
  }

  void read_extension(std::uint64_t type) {
    if (type == 0 && at_ < end_) return read_server_name();
    if (type == 16) return read_alpn();
    if (type == 10) return read_list(groups_length, 2, tls_group, 2);
    if (type != 43) return;
    if (client_) return read_list(versions_length, 1, supported_version, 2);
    const std::uint64_t version = out_.number(at_, 2);
    if (take(std::span(&supported_version, 1), 2)) text_ += " " + hex_text(version, 4, tls_version_name);
  }

  void read_server_name() {
    if (!take(server_name, 5)) return;
    const std::size_t size = out_.number(at_ - 2, 2);
    const std::string name = piece(size);
    if (take_data("tls.handshake.extensions_server_name", "Server name", size, name)) text_ += " " + name;
  }

  void read_alpn() {
    if (!take(std::span(&alpn_length, 1), 2)) return;
    for (bool first = true; ok_ && at_ < end_; first = false) {
      if (!take(std::span(&alpn_name_length, 1), 1)) return;
      const std::size_t size = out_.number(at_ - 1, 1);
      const std::string name = piece(size);
      if (take_data("tls.handshake.extensions_alpn_str", "Protocol", size, name))
        text_ += (first ? " alpn=" : ",") + name;
    }
  }

  std::string piece(std::size_t size) const {
    return size <= end_ - at_ && out_.has(at_, size) ? std::string(text_of(out_.bytes().subspan(at_, size))) : "";
  }

  LayerWriter& out_;
  std::size_t at_, end_;
  bool client_, ok_ = true;
  std::string text_;
};

}  // namespace

std::string add_handshake(LayerWriter& out, std::size_t at, std::size_t end) {
  std::string text;
  while (at < end) {
    const std::uint64_t type = out.number(at, 1), length = out.number(at + 1, 3);
    const bool known = out.has(at, 4) && !tls_handshake_name(type).empty() && length < 65536;
    if (!known) {  // a message that is encrypted, or goes on from an earlier record
      out.add("tls.handshake", "Handshake", at, end - at, "encrypted, or the rest of a message");
      return text + (text.empty() ? "" : ", ") + "handshake, encrypted";
    }
    out.add(handshake_head, at);
    (text += text.empty() ? "" : ", ") += tls_handshake_name(type);
    const std::size_t next = at + 4 + length;
    if (next > end) out.cut();
    if (type == 1 || type == 2) text += HelloReader(out, at + 4, std::min(next, end), type == 1).read();
    at = next;
  }
  return text;
}

}  // namespace loquat::codec
