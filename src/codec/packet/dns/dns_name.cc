#include "codec/packet/dns/dns_name.h"

#include <algorithm>

namespace loquat::codec {

DnsName read_dns_name(Bytes message, std::size_t at) {
  DnsName out;
  const std::size_t begin = at;
  std::size_t piece = at;  // where the labels that are being read began
  bool jumped = false;
  for (std::size_t total = 1; at < message.size();) {
    const std::uint8_t length = be8(message, at);
    if (length == 0) {
      if (!jumped) out.size = at + 1 - begin;
      if (out.text.empty()) out.text = "<Root>";
      out.ok = true;
      return out;
    }
    if (length >= 0xC0) {
      if (at + 2 > message.size()) break;
      const std::size_t to = be16(message, at) & 0x3FFFu;
      if (!jumped) out.size = at + 2 - begin;
      jumped = true;
      if (to >= piece) return out;
      at = piece = to;
      continue;
    }
    total += length + 1u;
    if (length > 63 || total > 255 || at + 1 + length > message.size()) break;
    if (!out.text.empty()) out.text += '.';
    out.text += text_of(message.subspan(at + 1, length));
    at += 1u + length;
  }
  if (!jumped) out.size = message.size() - std::min(begin, message.size());
  return out;
}

}  // namespace loquat::codec
