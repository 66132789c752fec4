#include "codec/websocket/deflate.h"

#include <gtest/gtest.h>
#define ZLIB_CONST
#include <zlib.h>

#include <random>
#include <string>

namespace loquat::codec {
namespace {

using namespace std::literals;
using DataKind = WebSocketEvent::Kind;

// What a message inflates to, or "error CODE".
std::string inflated(std::string data, std::size_t limit = 1 << 20, DataKind kind = DataKind::binary) {
  WebSocketEvent event{kind, std::move(data), 0, true};
  if (const int code = inflate_message(event, limit)) return "error " + std::to_string(code);
  EXPECT_FALSE(event.compressed);
  return event.payload;
}

// What another compressor makes of `text`, all of it.
std::string zlib_made(std::string_view text, int level, int flush, int strategy = Z_DEFAULT_STRATEGY, int memory = 8) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, -15, memory, strategy), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, flush);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string without_tail(std::string text) { return text.substr(0, text.size() - 4); }

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

TEST(Deflate, TheExamplesOfTheRfc) {
  EXPECT_EQ(inflated("\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");                          // s.7.2.3.1
  EXPECT_EQ(inflated("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), "Hello");          // s.7.2.3.3, stored
  EXPECT_EQ(inflated("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), "Hello");                      // s.7.2.3.4, BFINAL
  EXPECT_EQ(inflated("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), "Hello");  // s.7.2.3.5, two blocks
  EXPECT_EQ(inflated("\x00"s), "");                                                       // s.7.2.3.6
  EXPECT_EQ(inflated("\xf2\x00\x11\x00\x00"s), "error 1007");  // s.7.2.3.2: its "Hello" is in the message before
}

TEST(Deflate, BlocksOfEveryKind) {
  const std::string text = "one message, one message, one message" + noise(100);
  EXPECT_EQ(inflated(zlib_made(text, 6, Z_FINISH) + '\0'), text);
  EXPECT_EQ(inflated(zlib_made(text, 6, Z_FINISH)), text);  // without the empty block after it
  EXPECT_EQ(inflated(zlib_made(text, 6, Z_FINISH) + zlib_made(text, 0, Z_FINISH) + '\0'), text + text);
  EXPECT_EQ(inflated(zlib_made(text, 6, Z_SYNC_FLUSH) + without_tail(zlib_made(text, 6, Z_FULL_FLUSH))), text + text);
  for (const int strategy : {Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE})
    EXPECT_EQ(inflated(without_tail(zlib_made(text, 9, Z_SYNC_FLUSH, strategy))), text);
  EXPECT_EQ(inflated(""), "");                                  // some send an empty message so
  EXPECT_EQ(inflated(zlib_made(text, 6, Z_SYNC_FLUSH)), text);  // and some do not cut the tail off
  std::string empties;
  for (int i = 0; i < 10'000; ++i) empties += "\0\0\0\xff\xff"s;
  EXPECT_EQ(inflated(without_tail(empties)), "");
}

TEST(Deflate, DamagedDataIs1007) {
  EXPECT_EQ(inflated("\xff"), "error 1007");
  EXPECT_EQ(inflated("\xf2\x48\xcd"), "error 1007");              // cut off
  EXPECT_EQ(inflated("\x00\x05\x00\xfa\xffHel"s), "error 1007");  // a stored block cut off
  EXPECT_EQ(inflated("\x00\x05\x00\xfa\xfeHello\x00"s), "error 1007");
  EXPECT_EQ(inflated("\xf3\x48\xcd\xc9\xc9\x07\x00\xff"s), "error 1007");  // after BFINAL
  const std::string whole =
      zlib_made("A text that is long enough to be cut off at each of its bytes.", 6, Z_SYNC_FLUSH);
  for (std::size_t size = 1; size < whole.size() - 4; ++size) EXPECT_EQ(inflated(whole.substr(0, size)), "error 1007");
  EXPECT_EQ(inflated(without_tail(zlib_made("ok", 6, Z_SYNC_FLUSH)), 100, DataKind::text), "ok");
  EXPECT_EQ(inflated(without_tail(zlib_made("\xe6\x9e", 6, Z_SYNC_FLUSH)), 100, DataKind::text), "error 1007");
}

TEST(Deflate, ABombCostsNoMoreThanTheLimit) {
  const std::string bomb = without_tail(zlib_made(std::string(100'000'000, '\0'), 9, Z_SYNC_FLUSH));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_EQ(inflated(bomb, 1'000'000), "error 1009");
  const std::string text(10'000, 'x');
  const std::string data = *deflate_message(text);
  EXPECT_EQ(inflated(data, text.size()), text);
  EXPECT_EQ(inflated(data, text.size() - 1), "error 1009");
  EXPECT_EQ(inflated(data, 0), "error 1009");
  EXPECT_EQ(inflated("\0"s, 0), "");
}

TEST(Deflate, AMessageSurvivesWithEveryWindow) {
  for (const std::size_t size : {8u, 100u, 511u, 512u, 1024u, 70'000u, 1'000'000u}) {
    std::string text;
    while (text.size() < size) text += "line " + std::to_string(text.size() % 997) + "\n";
    for (int bits = 9; bits <= 15; ++bits) {
      const auto shorter = deflate_message(text, bits);
      if (!shorter) {
        EXPECT_LT(size, 100u);
        continue;
      }
      EXPECT_LT(shorter->size(), text.size());
      EXPECT_EQ(inflated(*shorter), text);
    }
  }
}

TEST(Deflate, TheWindowIsKeptTo) {
  const std::string repeated = noise(2000);
  EXPECT_TRUE(deflate_message(repeated + repeated, 12));
  EXPECT_FALSE(deflate_message(repeated + repeated, 9));  // the first half is out of sight
}

TEST(Deflate, WhatWouldNotBecomeShorterIsSentAsItIs) {
  for (const std::size_t size : {0u, 1u, 4u, 5u, 1024u, 100'000u}) EXPECT_FALSE(deflate_message(noise(size)));
  const std::string random = noise(5000), text(5000, 'x'), few(websocket_deflate_from - 1, 'x');
  EXPECT_EQ(websocket_deflated_frame(WebSocketOpcode::binary, random, 15),
            websocket_frame(WebSocketOpcode::binary, random));
  EXPECT_EQ(websocket_deflated_frame(WebSocketOpcode::text, few, 15), websocket_frame(WebSocketOpcode::text, few));
  const std::string frame = websocket_deflated_frame(WebSocketOpcode::text, text, 15);
  EXPECT_EQ(frame[0], '\xc1');
  EXPECT_LT(frame.size(), 100u);
}

// --- in frames -----------------------------------------------------------------------------------------------------

std::string client_frame(unsigned first, std::string_view payload) {
  std::string frame = websocket_frame(WebSocketOpcode::binary, payload, 0x01020304);
  frame[0] = static_cast<char>(first);
  return frame;
}

// "text:Hello binary:Hello 1002": what a server hears that has agreed on permessage-deflate.
std::string hears(std::string_view bytes, std::size_t piece, bool agreed = true, const WebSocketLimits& limits = {}) {
  WebSocket ws(WebSocket::Side::server, limits);
  if (agreed) ws.accept_deflate();
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    for (WebSocketEvent& event : ws.feed(bytes.substr(0, piece))) {
      int code = event.code;
      if (event.compressed) code = inflate_message(event, limits.message);
      if (!out.empty()) out += ' ';
      out += code != 0 ? std::to_string(code) : (event.kind == DataKind::text ? "text:" : "other:") + event.payload;
    }
  }
  return out;
}

const std::string rfc_hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);

TEST(DeflatedFrames, AMessageMayComeInFragmentsWithPingsBetween) {
  const std::string bytes = client_frame(0x41, rfc_hello.substr(0, 3)) + client_frame(0x89, "ping") +
                            client_frame(0, "") + client_frame(0x80, rfc_hello.substr(3)) +
                            client_frame(0x81, "plain") + client_frame(0xC2, rfc_hello) + client_frame(0xC1, "\0"s) +
                            client_frame(0x01, "pl") + client_frame(0x80, "ain");
  for (const std::size_t piece : {1, 2, 7, 1000})
    EXPECT_EQ(hears(bytes, piece), "other:ping text:Hello text:plain other:Hello text: text:plain");
}

TEST(DeflatedFrames, Rsv1StandsOnlyInAMessagesFirstFrame) {
  for (const auto& bad : {
           client_frame(0x01, "x") + client_frame(0xC0, "x"),       // a continuation
           client_frame(0x41, rfc_hello) + client_frame(0xC0, ""),  // also of a compressed message
           client_frame(0xC9, "x"),
           client_frame(0xCA, "x"),
           client_frame(0xC8, "\x03\xe8"),  // control frames
           client_frame(0xA1, rfc_hello),
           client_frame(0x91, rfc_hello),
           client_frame(0xE1, rfc_hello),  // RSV2, RSV3
           client_frame(0xC3, rfc_hello),
       }) {
    EXPECT_EQ(hears(bad, 1000), "1002") << testing::PrintToString(bad);
  }
  EXPECT_EQ(hears(client_frame(0xC1, rfc_hello), 1000, false), "1002");  // not agreed on
}

TEST(DeflatedFrames, LimitsHoldForBothLengths) {
  WebSocketLimits limits;
  limits.message = 1000;
  const std::string random = noise(1000);
  // Stored, the longest message is a few bytes longer than the limit, and may be.
  EXPECT_EQ(hears(client_frame(0xC2, zlib_made(random, 0, Z_FINISH)), 1000, true, limits), "other:" + random);
  EXPECT_EQ(hears(client_frame(0xC2, zlib_made(random, 9, Z_FINISH, Z_FIXED)), 1000, true, limits), "other:" + random);
  EXPECT_EQ(hears(client_frame(0xC2, noise(1190)), 1000, true, limits), "1009");
  EXPECT_EQ(hears(client_frame(0x42, noise(1000)) + client_frame(0x80, noise(190)), 1000, true, limits), "1009");
  EXPECT_EQ(hears(client_frame(0x82, noise(1001)), 1000, true, limits), "1009");
  EXPECT_EQ(hears(client_frame(0xC2, *deflate_message(std::string(1001, 'x'))), 1000, true, limits), "1009");
  limits.message = SIZE_MAX;
  EXPECT_EQ(hears(client_frame(0xC1, rfc_hello), 1000, true, limits), "text:Hello");
}

}  // namespace
}  // namespace loquat::codec
