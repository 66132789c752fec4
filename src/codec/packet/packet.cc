#include "codec/packet/packet.h"

#include <utility>

#include "codec/packet/protocols.h"
#include "codec/text/chars.h"
#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

// Its first line in quotes, if it is text.
std::string preview(std::string_view text) {
  constexpr std::size_t most = 40;
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  const std::string_view piece = line.substr(0, utf8_cut(line, most));
  if (piece.empty() || !is_utf8(piece) || !std::all_of(piece.begin(), piece.end(), is_text)) return "";
  return "  \"" + std::string(piece) + (piece.size() < text.size() ? "...\"" : "\"");
}

}  // namespace

Packet dissect(std::span<const std::byte> frame, LinkType link, Application application) {
  Dissection in{.frame = frame, .link = link, .application = application};
  read_link(in);
  return std::move(in.packet);
}

void read_by_protocol(Dissection& in, std::uint8_t protocol, Extent range) {
  switch (protocol) {
    case 1:
      return read_icmp(in, range);
    case 4:
    case 41:
      return read_inner_ip(in, range, false);
    case 6:
      return read_tcp(in, range);
    case 17:
      return read_udp(in, range);
    case 47:
      return read_gre(in, range);
    case 58:
      return read_icmp6(in, range);
    default:
      return read_data(in, range);
  }
}

void read_inner(Dissection& in, std::uint16_t type, Extent range, bool quoted) {
  if (in.depth == max_nesting || in.captured(range).empty()) return read_data(in, range);
  const Bytes whole = std::exchange(in.frame, in.frame.first(std::min(range.end, in.frame.size())));
  const bool was_quoted = std::exchange(in.quoted, in.quoted || quoted);
  const int headers = std::exchange(in.headers, 0);
  ++in.depth;
  read_by_ethertype(in, type, range);
  --in.depth;
  in.headers = headers;
  in.quoted = was_quoted;
  in.frame = whole;
}

void read_inner_ip(Dissection& in, Extent range, bool quoted) {
  const Bytes bytes = in.captured(range);
  read_inner(in, !bytes.empty() && be8(bytes, 0) >> 4 == 6 ? ipv6_type : ipv4_type, range, quoted);
}

void read_data(Dissection& in, Extent range) {
  if (in.captured(range).empty()) {
    if (range.size() > 0 && !in.packet.layers.empty()) in.packet.layers.back().cut = true;
    return;
  }
  LayerWriter out(in, "Data", 7, range, range.size());
  out.add("data.data", "Data", 0, out.bytes().size(), size_text(out.bytes().size()));
  out.layer().summary =
      size_text(range.size()) + captured_text(range.size(), out.bytes().size()) + preview(text_of(out.bytes()));
}

}  // namespace loquat::codec
