#include "wire/show/layers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "codec/capture/writer.h"
#include "codec/network/test_frames.h"
#include "wire/show/field_labels.h"
#include "wire/show/hex_dump.h"
#include "wire/trace/frame_reader.h"

namespace loquat::wire {
namespace {

using namespace codec::test;
using Json = nlohmann::json;
using Bytes = std::vector<std::byte>;

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

std::string says(const Bytes& bytes, int layer, codec::LinkType link = codec::LinkType::ethernet) {
  const LayersFrame frame{.bytes = bytes, .link = link};
  const auto rows = osi_rows(codec::dissect(bytes, link), frame);
  return rows[static_cast<std::size_t>(7 - layer)].says.en;
}

TEST(Osi, eachLayerSaysWhatItIsOrWhyItIsNot) {
  const Bytes http = tcp_frame({.flags = 24, .payload = "GET / HTTP/1.0\r\n\r\n"}), ack = tcp_frame({});
  EXPECT_EQ(says(http, 7), "HTTP  GET / HTTP/1.0");
  EXPECT_EQ(says(http, 6), "no bytes of its own; in 7: text, no compression, no TLS");
  EXPECT_EQ(says(http, 5), "no header of its own; the TCP connection, and HTTP that keeps it");
  EXPECT_EQ(says(ack, 7), "nothing: this segment carries only TCP's own signals");
  EXPECT_EQ(says(ethernet(ipv4(1, hex("0800 0000 0001 0002"))), 4), "nothing: ICMP is carried by IP itself");
  EXPECT_EQ(says(ethernet(ipv4(17, hex("00"), 0x0001)), 4), "nothing here: its header is in the first fragment");
  EXPECT_EQ(says(ethernet(hex("0001 0800 06 04 0001"), 0x0806), 3), "nothing: ARP asks in layer 2, on behalf of IP");
  EXPECT_EQ(says(ipv4(6, tcp_bytes({})), 2, codec::LinkType::raw_ip), "not captured: this capture begins with IP");
  EXPECT_TRUE(has(says(ack, 1), "no bytes"));
  EXPECT_EQ(says(tcp_frame({.payload = std::string("\x17\3\3\0\1x", 6)}), 7),
            "encrypted, inside of 6: only the two ends can read it");
}

TEST(Osi, bytesOfSeveralHeadersInOneLayer) {
  const Bytes bytes = ethernet(vlan(7, 0x0800, ipv4(6, tcp_bytes({}))), 0x8100);
  const auto rows = osi_rows(codec::dissect(bytes), {.bytes = bytes});
  EXPECT_EQ(rows[5].length, 18u);
  EXPECT_EQ(rows[5].tcpip.en, "link");
  EXPECT_EQ(rows[6].length, 0u);
}

TEST(Osi, whatTheCaptureCutIsNoEmptyLayer) {
  const Bytes whole = tcp_frame({.flags = 24, .payload = "USER anonymous\r\n"});
  const auto rows = [&](std::size_t size, std::size_t original) {
    const LayersFrame frame{.bytes = std::span(whole).first(size), .original_length = original};
    return osi_rows(codec::dissect(frame.bytes), frame);
  };
  EXPECT_EQ(rows(54, 70)[0].says.en, "not captured: the file keeps 54 of this frame's 70 bytes");
  EXPECT_EQ(rows(54, 70)[1].says.en, rows(54, 70)[0].says.en);
  EXPECT_TRUE(rows(54, 70)[3].says.en.ends_with(" len=16, 0 captured")) << rows(54, 70)[3].says.en;
  EXPECT_EQ(rows(54, 54)[0].says.en, "missing: a header announces bytes that are not in this frame");
  EXPECT_EQ(rows(60, 70)[0].says.en, "Data  16 bytes, 6 captured  \"USER a\"");
  EXPECT_EQ(rows(34, 70)[3].says.en, "not captured: the file keeps 34 of this frame's 70 bytes");
  EXPECT_EQ(rows(14, 70)[4].says.en, "not captured: the file keeps 14 of this frame's 70 bytes");
  const Bytes bare(whole.begin(), whole.begin() + 54);
  EXPECT_EQ(layers_line({.bytes = bare, .number = 1}, {}),
            "#1     10.0.0.1:40000 > 10.0.0.2:80  PSH,ACK len=16, 0 captured");
  EXPECT_EQ(codec::summary(bare), "TCP 40000 > 80 PSH,ACK len=16, 0 captured");
  const Bytes datagram = udp_frame(40000, 9, raw("12345"));
  const Bytes cut(datagram.begin(), datagram.begin() + 42);
  EXPECT_EQ(says(cut, 4), "UDP  40000 > 9  len=5, 0 captured");
  EXPECT_EQ(says(cut, 7), "missing: a header announces bytes that are not in this frame");
}

TEST(Osi, aTunnelShowsBothAddresses) {
  const Bytes bytes = ethernet(ipv4(47, hex("0000 86dd") + ipv6(6, tcp_bytes({.payload = "hi"}))));
  const auto rows = osi_rows(codec::dissect(bytes), {.bytes = bytes});
  EXPECT_TRUE(has(rows[4].says.en, "IPv4  10.0.0.1 > 10.0.0.2")) << rows[4].says.en;
  EXPECT_TRUE(has(rows[4].says.en, "; GRE  type=0x86dd (IPv6); IPv6  2001:db8::1 > 2001:db8::2")) << rows[4].says.en;
  EXPECT_EQ(rows[4].offset, 14u) << "three headers, one behind the other";
  EXPECT_EQ(rows[4].length, 64u);
  EXPECT_EQ(layers_line({.bytes = bytes, .number = 1}, {}), "#1     [2001:db8::1]:40000 > [2001:db8::2]:80  ACK len=2");
  const Bytes network = udp_frame(50000, 4789, vxlan(tcp_frame({})));
  const auto inner = osi_rows(codec::dissect(network), {.bytes = network});
  EXPECT_EQ(inner[4].offset, 64u) << "the inner IP header";
  EXPECT_EQ(inner[4].length, 20u);
  EXPECT_TRUE(has(inner[3].says.en, "UDP  50000 > 4789")) << inner[3].says.en;
  EXPECT_TRUE(has(inner[3].says.en, "; TCP  40000 > 80")) << inner[3].says.en;
}

TEST(Osi, everyTextAndLabelIsInChineseToo) {
  const Bytes frames[] = {tcp_frame({}),
                          tcp_frame({.payload = "QUIT\r\n"}),
                          udp_frame(9, 9, {}),
                          {},
                          ethernet(ipv4(47, hex("b000 0800 0000 0000 00000007 00000001") + ipv4(1, hex("0800 0000")))),
                          ethernet(ipv4(47, hex("3081 880b 0029 0001 00000001 00000002 ff03 0021"))),
                          udp_frame(1, 4789, vxlan(ethernet(hex("aaaa03 000000 0800"), 8))),
                          udp_frame(1, 6081, hex("0240 6558 00002a00 01020301 00000000 00")),
                          udp_frame(1, 2152, hex("36 ff 0038 00000001 0000 00 85 01 1001 00")),
                          ethernet(hex("00020140 00000000 00"), 0x8847),
                          ethernet(hex("11 00 0005 0002 0021"), 0x8864),
                          ethernet(ipv4(1, hex("0303 0000 00000000") + ipv4(17, udp_bytes(1, 2, {}))))};
  for (const Bytes& bytes : frames) {
    const codec::Packet packet = codec::dissect(bytes);
    for (const OsiRow& row : osi_rows(packet, {.bytes = bytes})) {
      EXPECT_FALSE(row.name.zh.empty());
      EXPECT_TRUE(row.length != 0 || !row.says.zh.empty()) << row.says.en;
    }
    for (const codec::Layer& layer : packet.layers) {
      for (const codec::Field& field : layer.fields) EXPECT_NE(chinese_label(field.label), "") << field.label;
    }
  }
}

TEST(LayersText, marksTheFieldThatIsAskedFor) {
  const Bytes bytes = tcp_frame({.seq = 0x01020304, .payload = "\x1b[2J"});
  const LayersFrame frame{.bytes = bytes, .number = 4, .interface = "client", .comment = {"lost\n", ""}};
  const std::string text = layers_text(frame, {.field = "tcp.seq"});
  EXPECT_TRUE(has(text, "frame #4 · 58 bytes · client · lost\\n\n")) << text;
  EXPECT_TRUE(has(text, "\n> 38-41       Sequence number")) << text;
  EXPECT_TRUE(has(text, "50[01 02 03 04]00")) << text;
  EXPECT_TRUE(has(text, "|1b 5b 32 4a ")) << "the payload begins with a bar";
  EXPECT_FALSE(has(text, "\x1b"));
  EXPECT_TRUE(has(layers_text(frame, {.colour = true, .field = "tcp.seq"}), "\x1b[7m01"));
  EXPECT_TRUE(has(layers_text(frame, {.language = Language::zh}), "传输层"));
  EXPECT_FALSE(has(layers_text(frame, {.ascii = true}), "·"));
}

TEST(LayersText, aFieldOverTheEndOfALineIsClosed) {
  const Bytes bytes = ethernet(raw("0123456789abcdef"), 0x1234);
  const std::string text = layers_text({.bytes = bytes}, {.field = "data.data"});
  EXPECT_TRUE(has(text, "12 34[30 31]")) << text;
  EXPECT_TRUE(has(text, "[32 33 34 35 36 37 38 39 61 62 63 64 65 66]")) << text;
}

TEST(LayersJson, isWhatDissectFound) {
  const Bytes bytes = tcp_frame({.seq = 7, .payload = "\xff\n"});
  const Json json = Json::parse(layers_json({.bytes = bytes, .original_length = 900, .number = 3, .time_ns = 5}));
  EXPECT_EQ(json["type"], "layers");
  EXPECT_EQ(json["n"], 3);
  EXPECT_EQ(json["time_ns"], 5);
  EXPECT_EQ(json["length"], 900);
  EXPECT_EQ(json["captured"], 56);
  EXPECT_EQ(json["bytes"].get<std::string>().size(), 112u);
  EXPECT_EQ(json["osi"].size(), 7u);
  const Json& tcp = json["layers"][2];
  EXPECT_EQ(tcp["name"], "TCP");
  EXPECT_EQ(tcp["bit_offset"], 272);
  EXPECT_EQ(tcp["bit_length"], 160);
  EXPECT_EQ(tcp["fields"][2], (Json{{"name", "tcp.seq_raw"},
                                    {"label", "Sequence number"},
                                    {"label_zh", "序号"},
                                    {"value", "7"},
                                    {"bit_offset", 304},
                                    {"bit_length", 32}}));
}

std::vector<std::string> lines_of(std::string_view file, std::size_t piece, FrameReader& reader) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < file.size(); at += piece) {
    reader.feed(std::as_bytes(std::span(file.substr(at, piece))));
    while (const auto frame = reader.next()) out.push_back(layers_line(*frame, {.ascii = true}));
  }
  reader.end();
  while (const auto frame = reader.next()) out.push_back(layers_line(*frame, {.ascii = true}));
  return out;
}

TEST(FrameReader, readsCapturesInPieces) {
  codec::CaptureWriter writer("test");
  writer.interface({.name = "left"});
  const Bytes bytes = tcp_frame({.flags = codec::tcp::syn});
  writer.packet({.time_ns = 1000, .bytes = bytes, .comment = "lost"});
  const std::string file = writer.take();
  for (std::size_t piece : {1, 1000}) {
    FrameReader reader;
    EXPECT_EQ(lines_of(file, piece, reader),
              std::vector<std::string>{"#1     +0.000001 s    left  10.0.0.1:40000 > 10.0.0.2:80  SYN  - lost"});
    EXPECT_EQ(reader.error() + reader.missing(), "");
  }
}

TEST(FrameReader, readsTraces) {
  const std::string file =
      "{\"type\":\"begin\",\"format\":\"loquat.wire/1\"}\n"
      "{\"type\":\"frame\",\"n\":7,\"dir\":\"c>s\",\"t_ns\":1000,\"fate\":\"held\",\"bytes\":\"00\"}\n"
      "\n{\"type\":\"note\",\"t_ns\":5,\"text\":\"x\"}\n"
      "{\"type\":\"frame\",\"n\":7,\"dir\":\"c>s\",\"t_ns\":1000,\"fate\":\"dropped\",\"bytes\":\"00\",\"why\":\"you "
      "asked\"}";
  for (std::size_t piece : {1, 1000}) {
    FrameReader reader;
    EXPECT_EQ(lines_of(file, piece, reader),
              std::vector<std::string>{"#7     +0.000001 s    Ethernet  - lost: you asked"});
    EXPECT_EQ(reader.error() + reader.missing(), "");
  }
}

TEST(FrameReader, saysWhatIsWrong) {
  const auto error = [](std::string_view file) {
    FrameReader reader;
    lines_of(file, 1000, reader);
    return reader.error() + reader.missing();
  };
  EXPECT_EQ(error("hello"), "neither pcap nor pcapng, nor a trace as JSON lines");
  EXPECT_EQ(error(""), "the file ends before it has begun");
  EXPECT_TRUE(error("{\"type\":\"note\"}\n{oh").starts_with("line 2: "));
}

TEST(FrameReader, followsAConnectionThatSwitchedToWebSocket) {
  codec::CaptureWriter writer("test");
  writer.interface({});
  std::uint32_t seq = 0xFFFFFFF0;  // it wraps
  const auto add = [&](const std::string& payload, unsigned flags = 24, unsigned destination = 40000) {
    writer.packet({.bytes = tcp_frame(
                       {.source = 80, .destination = destination, .seq = seq, .flags = flags, .payload = payload})});
    if (destination == 40000) seq += static_cast<std::uint32_t>(payload.size());
  };
  const std::string whole = "\x81\x01x", begun =
                                             "\x82\x08"
                                             "12345";
  add(whole);
  add("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  add(whole + whole);
  add(whole, 24, 40001);  // another connection
  add(begun);
  add(whole);  // the rest of what has begun, although it looks like a frame
  add(whole);
  add("", codec::tcp::syn);
  add(whole);
  const std::string file = writer.take();
  FrameReader reader;
  reader.feed(std::as_bytes(std::span(file)));
  std::string kinds;
  while (const auto read = reader.next()) kinds += read->application == codec::Application::websocket ? 'w' : '-';
  EXPECT_EQ(kinds, "--w-w-w--");
}

TEST(FrameReader, followsTheChangeOfCipherInEachDirection) {
  codec::CaptureWriter writer("test");
  writer.interface({});
  std::uint32_t seq = 0xFFFFFFF0;  // it wraps
  const auto add = [&](const std::string& payload, unsigned flags = 24, unsigned source = 443) {
    writer.packet({.bytes = tcp_frame({.source = source, .seq = seq, .flags = flags, .payload = payload})});
    if (source == 443) seq += static_cast<std::uint32_t>(payload.size());
  };
  const std::string change("\x14\3\3\0\1\1", 6), finished("\x16\3\3\0\4\x14\0\0\0", 9);
  add(finished);
  add(finished + change);
  add(finished);
  add(finished, 24, 444);  // another connection
  seq += 100;              // a segment that the capture has missed
  add(finished);
  seq -= 9 + 100 + 9 + 15;
  add(finished + change);  // again what was before the change
  add("", codec::tcp::syn);
  add(finished);
  const std::string file = writer.take();
  FrameReader reader;
  reader.feed(std::as_bytes(std::span(file)));
  std::string kinds;
  while (const auto read = reader.next()) kinds += read->application == codec::Application::encrypted_tls ? 'e' : '-';
  EXPECT_EQ(kinds, "--e-e---");
}

TEST(HexDump, OffsetsAreHexadecimal) {
  const std::string dump = hex_dump(Bytes(0xA0001), {}, {});
  EXPECT_TRUE(has(dump, "\nfff0  "));
  EXPECT_TRUE(has(dump, "\n000a0000   00 "));
}

TEST(FieldLabels, areFound) {
  EXPECT_EQ(chinese_label("Accurate ECN"), "精确 ECN");
  EXPECT_EQ(chinese_label("Window scale"), "窗口扩大因子");
  EXPECT_EQ(chinese_label("Sequence number"), "序号");
  EXPECT_EQ(chinese_label("no such label"), "");
}

}  // namespace
}  // namespace loquat::wire
