// The seven rows, and what is to be said of a layer that has no bytes.
#include <algorithm>
#include <cctype>

#include "wire/show/layers.h"

namespace loquat::wire {
namespace {

using codec::Layer;
using codec::Packet;

const Layer* first_of(const Packet& packet, int osi) {
  for (const Layer& layer : packet.layers) {
    if (layer.osi == osi && !layer.quoted) return &layer;
  }
  return nullptr;
}

const Layer* named(const Packet& packet, std::string_view name) {
  for (const Layer& layer : packet.layers) {
    if (layer.name == name && !layer.quoted) return &layer;
  }
  return nullptr;
}

std::string value_of(const Layer& layer, std::string_view field) {
  for (const codec::Field& f : layer.fields) {
    if (f.name == field) return f.value;
  }
  return "";
}

// What the layers of one row say, and the bytes they cover.
void add_layers(const Packet& packet, OsiRow& row) {
  std::size_t begin = 0, end = 0, count = 0;
  for (const Layer& layer : packet.layers) {
    if (layer.osi != row.layer || layer.quoted) continue;
    begin = count == 0 ? layer.offset : std::min(begin, layer.offset);
    end = std::max(end, layer.offset + layer.length);
    if (++count <= 2) {
      if (count == 2) row.says.en += "; ";
      row.says.en += std::string(layer.name) + (layer.summary.empty() ? "" : "  " + layer.summary);
    }
  }
  if (count > 2) row.says.en += "; +" + std::to_string(count - 2);
  row.offset = begin;
  row.length = end - begin;
}

Text no_application(const Packet& packet) {
  const Layer* tls = named(packet, "TLS");
  if (tls != nullptr && !value_of(*tls, "tls.app_data").empty())
    return {"encrypted, inside of 6: only the two ends can read it", "已加密，在第 6 层之内：只有两端能读"};
  if (tls != nullptr) return {"nothing yet: TLS makes itself ready for it", "还没有：TLS 正在为它做准备"};
  if (named(packet, "TCP") != nullptr)
    return {"nothing: this segment carries only TCP's own signals", "没有：这个报文段只带 TCP 自己的信号"};
  if (named(packet, "UDP") != nullptr) return {"nothing: an empty datagram", "没有：空的数据报"};
  return {"nothing: this frame is about the layers below", "没有：这一帧只涉及下面各层"};
}

Text no_presentation(const Packet& packet) {
  if (const Layer* http = named(packet, "HTTP")) {
    const std::string coding = value_of(*http, "http.content_encoding"), type = value_of(*http, "http.content_type");
    const std::string en =
        (type.empty() ? "text" : type) + ", " + (coding.empty() ? "no compression" : coding) + ", no TLS";
    const std::string zh = (type.empty() ? "文本" : type) + "，" + (coding.empty() ? "不压缩" : coding) + "，无 TLS";
    return {"no bytes of its own; in 7: " + en, "没有自己的字节；在第 7 层里：" + zh};
  }
  const Layer* top = first_of(packet, 7);
  if (top == nullptr) return {"nothing to present", "没有要表示的内容"};
  if (top->name == "IRC")
    return {"no bytes of its own; in 7: lines of text, UTF-8, no TLS",
            "没有自己的字节；在第 7 层里：UTF-8 文本行，无 TLS"};
  if (top->name == "Data") return {"no bytes of its own that can be told", "看不出有自己的字节"};
  return {"no bytes of its own: the protocol of 7 defines its form itself",
          "没有自己的字节：第 7 层的协议自己规定格式"};
}

Text no_session(const Packet& packet) {
  if (named(packet, "TLS") != nullptr)
    return {"no header of its own; TLS keeps its session, TCP the connection",
            "没有自己的首部；会话由 TLS 维持，连接由 TCP 维持"};
  if (named(packet, "HTTP") != nullptr)
    return {"no header of its own; the TCP connection, and HTTP that keeps it",
            "没有自己的首部；靠 TCP 连接，以及保持它的 HTTP"};
  if (named(packet, "TCP") != nullptr)
    return {"no header of its own; the TCP connection is the session", "没有自己的首部；TCP 连接就是会话"};
  if (named(packet, "UDP") != nullptr) return {"nothing: UDP knows no sessions", "没有：UDP 没有会话"};
  return {"nothing", "没有"};
}

Text no_transport(const Packet& packet) {
  const Layer* ip = named(packet, "IPv4");
  if (ip != nullptr && !value_of(*ip, "ip.frag_offset").starts_with("0 ") && !value_of(*ip, "ip.frag_offset").empty())
    return {"nothing here: its header is in the first fragment", "这里没有：它的首部在第一个分片里"};
  if (named(packet, "ICMP") != nullptr || named(packet, "ICMPv6") != nullptr)
    return {"nothing: ICMP is carried by IP itself", "没有：ICMP 直接由 IP 承载"};
  return {"nothing", "没有"};
}

Text no_network(const Packet& packet) {
  if (named(packet, "ARP") != nullptr)
    return {"nothing: ARP asks in layer 2, on behalf of IP", "没有：ARP 在第 2 层替 IP 询问"};
  return {"nothing that is known here", "没有认得的内容"};
}

Text physical(const LayersFrame& frame) {
  if (!frame.physical.empty()) return frame.physical;
  if (frame.interface == "lo" || frame.link == codec::LinkType::null || frame.link == codec::LinkType::loop)
    return {"no bytes: loopback is memory of this machine, no medium", "没有字节：环回只是本机内存，没有介质"};
  return {"no bytes: signals on a medium, below what a capture sees", "没有字节：介质上的信号，抓包看不到"};
}

Text nothing_at(int layer, const Packet& packet, const LayersFrame& frame) {
  switch (layer) {
    case 7:
      return no_application(packet);
    case 6:
      return no_presentation(packet);
    case 5:
      return no_session(packet);
    case 4:
      return no_transport(packet);
    case 3:
      return no_network(packet);
    case 2:
      if (frame.bytes.empty()) return {"nothing was captured", "什么也没有抓到"};
      return {"not captured: this capture begins with IP", "没有抓到：抓包从 IP 开始"};
    default:
      return physical(frame);
  }
}

}  // namespace

std::array<OsiRow, 7> osi_rows(const Packet& packet, const LayersFrame& frame) {
  static const Text names[] = {{"Application", "应用层"}, {"Presentation", "表示层"}, {"Session", "会话层"},
                               {"Transport", "传输层"},   {"Network", "网络层"},      {"Data link", "数据链路层"},
                               {"Physical", "物理层"}};
  static const Text four[] = {{"application", "应用层"},
                              {"application", "应用层"},
                              {"application", "应用层"},
                              {"transport", "传输层"},
                              {"internet", "网际层"},
                              {"link", "链路层"},
                              {"", ""}};
  std::array<OsiRow, 7> rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].layer = 7 - static_cast<int>(i);
    rows[i].name = names[i];
    rows[i].tcpip = four[i];
    add_layers(packet, rows[i]);
    if (rows[i].length == 0) rows[i].says = nothing_at(rows[i].layer, packet, frame);
  }
  return rows;
}

bool has_field(const Packet& packet, std::string_view wanted) noexcept {
  for (const Layer& layer : packet.layers) {
    for (const codec::Field& field : layer.fields) {
      if (codec::field_matches(field.name, wanted)) return true;
    }
  }
  return false;
}

}  // namespace loquat::wire
