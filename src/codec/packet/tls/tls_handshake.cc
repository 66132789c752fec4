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

constexpr FieldSpec signatures_length = {"tls.handshake.sig_hash_alg_len", "List's length", 0, 16};
constexpr FieldSpec signature = {
    "tls.handshake.sig_hash_alg", "Signature algorithm", 0, 16, Show::hex, tls_signature_name};
constexpr FieldSpec formats_length = {"tls.handshake.extensions_ec_point_formats_length", "List's length", 0, 8};
constexpr FieldSpec point_format = {"tls.handshake.extensions_ec_point_format", "Point format", 0, 8};
constexpr FieldSpec shares_length = {"tls.handshake.extensions_key_share_client_length", "List's length", 0, 16};
constexpr FieldSpec key_share[] = {
    {"tls.handshake.extensions_key_share_group", "Group", 0, 16, Show::hex, tls_group_name},
    {"tls.handshake.extensions_key_share_key_exchange_length", "Length", 16, 16},
};
constexpr FieldSpec wanted_group = {
    "tls.handshake.extensions_key_share_selected_group", "Group", 0, 16, Show::hex, tls_group_name};

std::string_view psk_mode_name(std::uint64_t mode) {
  return mode == 0 ? "PSK alone" : mode == 1 ? "PSK with ECDHE" : "";
}

constexpr FieldSpec modes_length = {"tls.extension.psk_ke_modes_length", "List's length", 0, 8};
constexpr FieldSpec psk_mode = {"tls.extension.psk_ke_mode", "Mode", 0, 8, Show::decimal, psk_mode_name};
constexpr FieldSpec identities_length = {"tls.handshake.extensions.psk.identities.length", "List's length", 0, 16};
constexpr FieldSpec identity_length = {"tls.handshake.extensions.psk.identity.identity_length", "Length", 0, 16};
constexpr FieldSpec ticket_age = {"tls.handshake.extensions.psk.identity.obfuscated_ticket_age",
                                  "Obfuscated age of the ticket", 0, 32};
constexpr FieldSpec binders_length = {"tls.handshake.extensions.psk.binders_len", "List's length", 0, 16};
constexpr FieldSpec chosen_identity = {"tls.handshake.extensions.psk.identity.selected", "Identity", 0, 16};
constexpr FieldSpec renegotiation_length = {"tls.handshake.extensions_reneg_info_len", "Length", 0, 8};
constexpr FieldSpec new_ticket[] = {
    {"tls.handshake.session_ticket_lifetime_hint", "Lifetime in seconds", 0, 32},
    {"tls.handshake.session_ticket_length", "Length", 32, 16},
};

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
      if (take(cipher, 2)) text_ += " " + hex_text(suite, 4, tls_cipher_name);
      take(compression, 1);
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

  bool take(const FieldSpec& spec, std::size_t size) { return take(std::span(&spec, 1), size); }

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
    if (!take(length, width)) return;
    const std::size_t list_end = at_ + out_.number(at_ - width, width);
    while (ok_ && at_ + size <= list_end) take(item, size);
  }

  void read_extensions() {
    if (!take(extensions_length, 2)) return;
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
    switch (type) {
      case 0:
        return at_ < end_ ? read_server_name() : void();
      case 10:
        return read_list(groups_length, 2, tls_group, 2);
      case 11:
        return read_list(formats_length, 1, point_format, 1);
      case 13:
      case 50:
        return read_list(signatures_length, 2, signature, 2);
      case 16:
        return read_alpn();
      case 41:
        return client_ ? read_identities() : void(take(chosen_identity, 2));
      case 43:
        return client_ ? read_list(versions_length, 1, supported_version, 2) : read_version();
      case 45:
        return read_list(modes_length, 1, psk_mode, 1);
      case 51:
        return read_key_shares();
      case 65281:
        if (take(renegotiation_length, 1))
          take_data("tls.handshake.extensions_reneg_info", "Renegotiation", out_.number(at_ - 1, 1));
        return;
      default:
        if (type == 35 || tls_extension_name(type).empty())
          take_data("tls.handshake.extension.data", "Data", end_ - at_);
    }
  }

  void read_version() {
    const std::uint64_t version = out_.number(at_, 2);
    if (take(supported_version, 2)) text_ += " " + hex_text(version, 4, tls_version_name);
  }

  void read_key_shares() {
    if (!client_ && end_ - at_ == 2) return void(take(wanted_group, 2));  // of a retry request
    if (client_ && !take(shares_length, 2)) return;
    while (at_ < end_ && take(key_share, 4))
      take_data("tls.handshake.extensions_key_share_key_exchange", "Key share", out_.number(at_ - 2, 2));
  }

  // Of sessions to be taken up again, with the proofs that the client knows their keys.
  void read_identities() {
    if (!take(identities_length, 2)) return;
    const std::size_t end = at_ + out_.number(at_ - 2, 2);
    while (at_ < end && take(identity_length, 2)) {
      take_data("tls.handshake.extensions.psk.identity.identity", "Identity", out_.number(at_ - 2, 2));
      take(ticket_age, 4);
    }
    if (take(binders_length, 2)) take_data("tls.handshake.extensions.psk.binders", "Binders", out_.number(at_ - 2, 2));
  }

  void read_server_name() {
    if (!take(server_name, 5)) return;
    const std::size_t size = out_.number(at_ - 2, 2);
    const std::string name = piece(size);
    if (take_data("tls.handshake.extensions_server_name", "Server name", size, name)) text_ += " " + name;
  }

  void read_alpn() {
    if (!take(alpn_length, 2)) return;
    for (bool first = true; ok_ && at_ < end_; first = false) {
      if (!take(alpn_name_length, 1)) return;
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

// After a change of cipher only a hello that fills its record is not encrypted: TLS 1.3 sends that change for show,
// also before the second hello that a retry request asks for. RFC 8446 s.5 and appendix D.4.
bool is_hello(const LayerWriter& out, std::size_t at, std::size_t end) {
  const std::uint64_t type = out.number(at, 1);
  return (type == 1 || type == 2) && out.number(at + 1, 3) + 4 == end - at && out.number(at + 4, 2) == 0x0303;
}

// Whether there may be such a message. A hello request is empty and alone.
bool is_message(const LayerWriter& out, std::size_t at, std::size_t end) {
  const std::uint64_t type = out.number(at, 1), length = out.number(at + 1, 3);
  if (!out.has(at, 4) || tls_handshake_name(type).empty() || length >= 65536) return false;
  return type != 0 || (length == 0 && end == at + 4);
}

void add_new_ticket(LayerWriter& out, std::size_t at, std::size_t end) {
  if (end < at + 6) return;
  out.add(new_ticket, at);
  const std::size_t size = out.number(at + 4, 2);
  if (size > 0 && size <= end - at - 6)
    out.add("tls.handshake.session_ticket", "Session ticket", at + 6, size, size_text(size));
}

}  // namespace

std::string add_handshake(LayerWriter& out, std::size_t at, std::size_t end, bool encrypted) {
  std::string text;
  while (at < end) {
    const std::uint64_t type = out.number(at, 1), length = out.number(at + 1, 3);
    if (!is_message(out, at, end) ||
        (encrypted && !is_hello(out, at, end))) {  // a message that is encrypted, or goes on from an earlier record
      out.add("tls.handshake", "Handshake", at, end - at,
              encrypted ? "encrypted" : "encrypted, or the rest of a message");
      return text + (text.empty() ? "" : ", ") + "handshake, encrypted";
    }
    out.add(handshake_head, at);
    (text += text.empty() ? "" : ", ") += tls_handshake_name(type);
    const std::size_t next = at + 4 + length;
    if (next > end) out.cut();
    if (type == 1 || type == 2) text += HelloReader(out, at + 4, std::min(next, end), type == 1).read();
    if (type == 4) add_new_ticket(out, at + 4, std::min(next, end));
    at = next;
  }
  return text;
}

}  // namespace loquat::codec
