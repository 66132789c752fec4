#include "codec/packet/dns/dns_name.h"

#include <algorithm>
#include <array>

#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

constexpr std::size_t most_bytes = 255;
constexpr std::size_t most_pointers = 128;  // more labels than a name can have

void append_escaped(std::string& out, unsigned char byte) {
  out += '\\';
  if (byte >= 7 && byte <= 13)
    out += "abtnvfr"[byte - 7];
  else
    for (const int shift : {6, 3, 0}) out += static_cast<char>('0' + (byte >> shift & 7));
}

// A label's bytes as text. A backslash and a point stay as they are, as in Wireshark.
void append_label(std::string& out, std::string_view label) {
  const bool text = is_utf8(label);
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F)
      append_escaped(out, byte);
    else if (byte < 0x80 || text)
      out += c;
    else
      out += "\xEF\xBF\xBD";  // U+FFFD
  }
}

// Reads on from where it is, label by label.
class NameReader {
 public:
  NameReader(Bytes message, std::size_t at) : message_(message), begin_(at), at_(at) {}

  DnsName read() {
    while (step()) {
    }
    if (pointers_ == 0) out_.size = out_.ok ? at_ - begin_ : message_.size() - std::min(begin_, message_.size());
    return std::move(out_);
  }

 private:
  bool finish(std::string_view wrong, bool ok) {
    if (!wrong.empty()) out_.text = wrong;
    out_.ok = ok || pointers_ > 0;  // behind a pointer, its place is known
    return false;
  }

  // False at the end.
  bool step() {
    if (at_ >= message_.size()) return finish("<Name goes beyond the message>", false);
    const std::uint8_t length = be8(message_, at_);
    if (length >= 0xC0) return jump();
    if (length > 63) return finish("<Unknown extended label>", false);
    if (length == 0) {
      ++at_;
      return finish(out_.text.empty() ? "<Root>" : "", true);
    }
    if (at_ + 1 + length > message_.size()) return finish("<Name goes beyond the message>", false);
    total_ += length + 1u;
    if (total_ > most_bytes) return finish("<Name too long>", false);
    if (!out_.text.empty()) out_.text += '.';
    append_label(out_.text, text_of(message_.subspan(at_ + 1, length)));
    at_ += 1u + length;
    return true;
  }

  bool jump() {
    if (at_ + 2 > message_.size()) return finish("<Name goes beyond the message>", false);
    if (pointers_ == 0) out_.size = at_ + 2 - begin_;
    const std::uint16_t to = be16(message_, at_) & 0x3FFFu;
    const auto end = targets_.begin() + static_cast<std::ptrdiff_t>(pointers_);
    if (pointers_ == most_pointers || to == at_ || std::find(targets_.begin(), end, to) != end) {
      ++pointers_;
      return finish("<Name contains a pointer that loops>", true);
    }
    targets_[pointers_++] = to;
    at_ = to;
    return true;
  }

  Bytes message_;
  std::size_t begin_, at_, total_ = 1, pointers_ = 0;
  std::array<std::uint16_t, most_pointers> targets_{};
  DnsName out_;
};

}  // namespace

DnsName read_dns_name(Bytes message, std::size_t at) { return NameReader(message, at).read(); }

}  // namespace loquat::codec
