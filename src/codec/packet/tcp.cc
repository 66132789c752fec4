// TCP.  Source: RFC 9293 s.3.1, RFC 7323, RFC 2018, RFC 7413 (fast open), RFC 9768 (AE).
#include "codec/network/segment.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec tcp_fields[] = {
    {"tcp.srcport", "Source port", 0, 16},
    {"tcp.dstport", "Destination port", 16, 16},
    {"tcp.seq_raw", "Sequence number", 32, 32},
    {"tcp.ack_raw", "Acknowledgment number", 64, 32},
    {"tcp.hdr_len", "Header length", 96, 4, Show::words},
    {"tcp.flags", "Flags", 100, 12, Show::hex},
    {"tcp.flags.res", "Reserved", 100, 3},
    {"tcp.flags.ae", "Accurate ECN", 103, 1},
    {"tcp.flags.cwr", "Congestion window reduced", 104, 1},
    {"tcp.flags.ece", "ECN echo", 105, 1},
    {"tcp.flags.urg", "Urgent", 106, 1},
    {"tcp.flags.ack", "Acknowledgment", 107, 1},
    {"tcp.flags.push", "Push", 108, 1},
    {"tcp.flags.reset", "Reset", 109, 1},
    {"tcp.flags.syn", "SYN", 110, 1},
    {"tcp.flags.fin", "FIN", 111, 1},
    {"tcp.window_size_value", "Window", 112, 16},
    {"tcp.checksum", "Checksum", 128, 16, Show::hex},
    {"tcp.urgent_pointer", "Urgent pointer", 144, 16},
};

std::string_view tcp_option_name(std::uint64_t kind) {
  switch (kind) {
    case 0:
      return "end of options";
    case 1:
      return "no operation";
    case 2:
      return "maximum segment size";
    case 3:
      return "window scale";
    case 4:
      return "SACK permitted";
    case 5:
      return "SACK";
    case 8:
      return "timestamps";
    case 19:
      return "MD5 signature";
    case 28:
      return "user timeout";
    case 29:
      return "authentication";
    case 30:
      return "multipath TCP";
    case 34:
      return "fast open";
    case 253:
    case 254:
      return "experimental";
    default:
      return "";
  }
}

constexpr FieldSpec tcp_option_kind = {"tcp.option_kind", "Option", 0, 8, Show::decimal, tcp_option_name};
constexpr FieldSpec tcp_option_length = {"tcp.option_len", "Option length", 8, 8};
constexpr FieldSpec mss = {"tcp.options.mss_val", "Maximum segment size", 16, 16};
constexpr FieldSpec scale = {"tcp.options.wscale.shift", "Window scale", 16, 8};
constexpr FieldSpec stamps[] = {{"tcp.options.timestamp.tsval", "Timestamp", 16, 32},
                                {"tcp.options.timestamp.tsecr", "Timestamp echo", 48, 32}};
constexpr FieldSpec sack_block[] = {{"tcp.options.sack_le", "Left edge", 0, 32},
                                    {"tcp.options.sack_re", "Right edge", 32, 32}};
constexpr FieldSpec user_timeout = {"tcp.options.user_to_val", "User timeout", 17, 15};

// The option as a whole, under the name that Wireshark has for its kind.
std::string_view option_field(std::uint64_t kind) {
  switch (kind) {
    case 2:
      return "tcp.options.mss";
    case 3:
      return "tcp.options.wscale";
    case 4:
      return "tcp.options.sack_perm";
    case 5:
      return "tcp.options.sack";
    case 8:
      return "tcp.options.timestamp";
    case 19:
      return "tcp.options.md5";
    case 28:
      return "tcp.options.user_to";
    case 30:
      return "tcp.options.mptcp";
    case 34:
      return "tcp.options.tfo";
    case 253:
    case 254:
      return "tcp.options.experimental";
    default:
      return "tcp.options.unknown";
  }
}

void add_option(LayerWriter& out, std::size_t at, std::size_t length) {
  const std::uint64_t kind = out.number(at, 1);
  const std::string_view name = tcp_option_name(kind);
  out.add(option_field(kind), "Option", at, length, name.empty() ? number_text(kind) : std::string(name));
  out.add(tcp_option_kind, at);
  out.add(tcp_option_length, at);
  if (kind == 2 && length == 4) out.add(mss, at);
  if (kind == 3 && length == 3) out.add(scale, at);
  if (kind == 8 && length == 10) out.add(stamps, at);
  if (kind == 28 && length == 4) out.add(user_timeout, at);
  if (kind == 5) {
    for (std::size_t block = at + 2; block + 8 <= at + length; block += 8) out.add(sack_block, block);
  }
  if (kind == 34 && length > 2)
    out.add("tcp.options.tfo.cookie", "Fast open cookie", at + 2, length - 2, size_text(length - 2));
}

void add_tcp_options(LayerWriter& out, std::size_t end) {
  for (std::size_t at = 20; at < end;) {
    const std::uint64_t kind = out.number(at, 1);
    if (kind <= 1) {
      const std::string_view name = kind == 0 ? "tcp.options.eol" : "tcp.options.nop";
      out.add(name, "Option", at, 1, std::string(tcp_option_name(kind)));
      if (kind == 0) return;
      ++at;
      continue;
    }
    const std::size_t length = out.number(at + 1, 1);
    if (length < 2 || length > end - at) {
      out.add(tcp_option_kind, at);
      return out.cut();
    }
    add_option(out, at, length);
    at += length;
  }
}

void add_all_options(LayerWriter& out, std::size_t header) {
  const std::size_t end = std::min(header, out.bytes().size());
  if (end <= 20) return;
  out.add("tcp.options", "Options", 20, end - 20, size_text(end - 20));
  add_tcp_options(out, end);
}

std::string tcp_summary(LayerWriter& out, std::size_t length, std::size_t captured) {
  const auto number = [&](std::size_t at, std::size_t size) { return std::to_string(out.number(at, size)); };
  const auto flags = static_cast<std::uint16_t>(out.number(12, 2) & 0x1FF);
  std::string text = number(0, 2) + " > " + number(2, 2) + "  " + flag_names(flags) + " seq=" + number(4, 4);
  if ((flags & tcp::ack) != 0) text += " ack=" + number(8, 4);
  text += " win=" + number(14, 2);
  return length == 0 ? text : text + " len=" + std::to_string(length) + captured_text(length, captured);
}

void read_tcp_payload(Dissection& in, Extent range, TcpPorts ports) {
  if (in.captured(range).empty()) return read_data(in, range);
  if (in.application == Application::websocket) return read_websocket(in, range);
  if (ports.source == 53 || ports.destination == 53) return read_dns_over_tcp(in, range);
  if (read_tls(in, range) || read_http(in, range) || read_commands(in, range, ports) || read_irc(in, range, ports))
    return;
  read_data(in, range);
}

}  // namespace

void read_tcp(Dissection& in, Extent range) {
  const Bytes bytes = in.captured(range);
  const std::size_t header = bytes.size() < 13 ? 20 : std::max<std::size_t>(20, (be8(bytes, 12) >> 4) * 4u);
  LayerWriter out(in, "TCP", 4, range, header);
  out.add(tcp_fields);
  if (!out.has(0, 20)) {
    if (out.has(0, 4))
      out.layer().summary = std::to_string(out.number(0, 2)) + " > " + std::to_string(out.number(2, 2));
    return;
  }
  if (out.number(12, 1) >> 4 < 5 || header > range.size()) out.cut();
  add_all_options(out, header);
  const Extent inside = range.behind(header);
  const std::size_t payload = in.captured(inside).size();
  out.layer().summary = tcp_summary(out, inside.size(), payload);
  if (out.layer().cut && payload == 0) return;
  if (payload > 0)
    out.layer().fields.push_back({"tcp.payload", "Payload", size_text(payload),
                                  static_cast<std::uint32_t>(inside.at * 8), static_cast<std::uint32_t>(payload * 8)});
  read_tcp_payload(in, inside,
                   {static_cast<std::uint16_t>(out.number(0, 2)), static_cast<std::uint16_t>(out.number(2, 2))});
}

}  // namespace loquat::codec
