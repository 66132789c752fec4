#include "codec/websocket/websocket.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;
using std::string_view;
using Side = WebSocket::Side;
using Op = WebSocketOpcode;

std::uint32_t test_mask() { return 0x5A17C3E9; }

// A frame as a client sends it; `first` is FIN, RSV and opcode, so that wrong ones can be made.
string raw(unsigned first, string_view payload, bool masked = true) {
  string frame = masked ? websocket_frame(Op::binary, payload, 0x01020304) : websocket_frame(Op::binary, payload);
  frame[0] = static_cast<char>(first);
  return frame;
}

// What came, as text: "text:hello close:1000:bye error:1002".
string events(WebSocket& ws, string_view bytes, std::size_t piece = 1000000) {
  static constexpr const char* names[] = {"text", "binary", "ping", "pong", "close", "error"};
  string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    for (const WebSocketEvent& e : ws.feed(bytes.substr(at, piece))) {
      out += names[static_cast<int>(e.kind)];
      if (e.code != 0) out += ":" + std::to_string(e.code);
      if (e.kind != WebSocketEvent::Kind::protocol_error) out += ":" + e.payload;
      out += ' ';
    }
  }
  return out;
}

// What a server makes of `bytes`, which must not depend on how they are cut.
string server(string_view bytes) {
  WebSocket whole(Side::server);
  const string out = events(whole, bytes);
  const string sent = whole.take_output();
  for (std::size_t piece : {1, 2, 3, 5, 4096}) {
    WebSocket ws(Side::server);
    EXPECT_EQ(events(ws, bytes, piece), out) << "in pieces of " << piece;
    EXPECT_EQ(ws.take_output(), sent);
  }
  return out;
}

TEST(WebSocket, receivesMessagesOfEveryLength) {
  for (std::size_t size : {0, 1, 125, 126, 127, 65535, 65536, 70000}) {
    const string payload(size, 'x');
    WebSocket ws(Side::server);
    EXPECT_EQ(events(ws, raw(0x81, payload)), "text:" + payload + " ");
    WebSocket client(Side::client, {}, test_mask);
    EXPECT_EQ(events(client, websocket_frame(Op::binary, payload)), "binary:" + payload + " ");
  }
  EXPECT_EQ(server(raw(0x81, "枇杷") + raw(0x82, "\xFF")), "text:枇杷 binary:\xFF ");
}

TEST(WebSocket, joinsFragmentsWithControlFramesBetween) {
  EXPECT_EQ(server(raw(0x01, "a\xE6\x9E") + raw(0x89, "p") + raw(0x00, "\x87") + raw(0x8A, "q") + raw(0x80, "b") +
                   raw(0x81, "c")),
            "ping:p pong:q text:a枇b text:c ");
  EXPECT_EQ(server(raw(0x01, "") + raw(0x00, "") + raw(0x80, "")), "text: ");
}

TEST(WebSocket, refusesWhatBreaksTheRules) {
  for (const string& bad :
       {raw(0xC1, "x"), raw(0xA1, "x"), raw(0x91, "x"), raw(0x83, "x"), raw(0x87, ""), raw(0x8B, ""),
        raw(0x8F, "x"),  // RSV, opcodes
        raw(0x80, "x"), raw(0x00, "x"), raw(0x01, "a") + raw(0x81, "b"), raw(0x01, "a") + raw(0x02, "b"),  // order
        raw(0x09, "x"), raw(0x08, ""), raw(0x89, string(126, 'x')),  // control frames
        raw(0x81, "x", false), raw(0x88, "", false),                 // unmasked
        "\x81\xFE\x00\x7D"s, "\x81\xFF\0\0\0\0\0\0\xFF\xFF"s, "\x81\xFF\x80\0\0\0\0\0\0\0"s}) {
    EXPECT_EQ(server(bad), "error:1002 ") << testing::PrintToString(bad);
    EXPECT_EQ(server(bad + raw(0x81, "after")), "error:1002 ");
  }
  WebSocket client(Side::client, {}, test_mask);
  EXPECT_EQ(events(client, raw(0x81, "x")), "error:1002 ");  // a server must not mask
  EXPECT_THROW(WebSocket(Side::client), std::invalid_argument);
}

TEST(WebSocket, anErrorIsSentToThePeer) {
  WebSocket ws(Side::server);
  ws.feed(raw(0xC1, "x"));
  const string out = ws.take_output();
  EXPECT_EQ(out.substr(0, 1), "\x88");
  EXPECT_EQ(out.substr(2, 2), "\x03\xEA");
  EXPECT_TRUE(ws.done() && ws.close_sent() && !ws.close_received());
  ws.send(Op::text, "too late");
  EXPECT_EQ(ws.take_output(), "");
}

TEST(WebSocket, textMustBeUtf8AndFailsEarly) {
  EXPECT_EQ(server(raw(0x81, "\xC3(")), "error:1007 ");
  EXPECT_EQ(server(raw(0x81, "\xE6\x9E")), "error:1007 ");
  EXPECT_EQ(server(raw(0x01, "ok") + raw(0x00, "\xED\xA0")), "error:1007 ");
  WebSocket ws(Side::server);
  const string frame = raw(0x81, "ab\xFF" + string(100, 'c'));
  EXPECT_EQ(events(ws, frame.substr(0, 9)), "error:1007 ");  // long before the frame's end
}

TEST(WebSocket, closeIsEchoed) {
  for (int code : {1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999}) {
    WebSocket ws(Side::server);
    EXPECT_EQ(events(ws, raw(0x88, websocket_close_payload(code, "bye"))), "close:" + std::to_string(code) + ":bye ");
    EXPECT_EQ(ws.take_output(), websocket_frame(Op::close, websocket_close_payload(code, "")));
    EXPECT_TRUE(ws.done());
  }
  WebSocket empty(Side::server);
  EXPECT_EQ(events(empty, raw(0x88, "")), "close:1005: ");
  EXPECT_EQ(empty.take_output(), "\x88\0"s);
  for (int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535}) {
    const string payload = {static_cast<char>(code >> 8), static_cast<char>(code)};
    EXPECT_EQ(server(raw(0x88, payload)), "error:1002 ") << code;
  }
  EXPECT_EQ(server(raw(0x88, "\x03")), "error:1002 ");
  EXPECT_EQ(server(raw(0x88, "\x03\xE8\xFF")), "error:1007 ");
}

TEST(WebSocket, ourCloseIsAnsweredAndOnlySentOnce) {
  WebSocket server_side(Side::server), client(Side::client, {}, test_mask);
  server_side.send(Op::text, "last");
  server_side.close(1001, "going away");
  server_side.close(1000);
  EXPECT_EQ(events(client, server_side.take_output()), "text:last close:1001:going away ");
  EXPECT_EQ(events(server_side, client.take_output()), "close:1001: ");
  EXPECT_EQ(server_side.take_output(), "");
  EXPECT_TRUE(server_side.done() && client.done());
}

TEST(WebSocket, pingsAreAnsweredWithABound) {
  WebSocketLimits limits;
  limits.pongs = 2;
  WebSocket ws(Side::server, limits), client(Side::client, {}, test_mask);
  for (int i = 0; i < 10; ++i) ws.feed(raw(0x89, std::to_string(i)));
  EXPECT_EQ(events(client, ws.take_output()), "pong:0 pong:1 pong:9 ");
  ws.feed(raw(0x89, "again"));
  EXPECT_EQ(events(client, ws.take_output()), "pong:again ");
  ws.close(1000);
  ws.feed(raw(0x89, "no answer after a close"));
  EXPECT_EQ(events(client, ws.take_output()), "close:1000: ");
}

TEST(WebSocket, limitsAnswer1009) {
  WebSocketLimits limits;
  limits.message = 10;
  limits.fragments = 3;
  const auto judge = [&](const string& bytes) {
    WebSocket ws(Side::server, limits);
    return events(ws, bytes);
  };
  EXPECT_EQ(judge(raw(0x82, string(10, 'x'))), "binary:xxxxxxxxxx ");
  EXPECT_EQ(judge(raw(0x82, string(11, 'x'))), "error:1009 ");
  EXPECT_EQ(judge(raw(0x02, "123456") + raw(0x80, "12345")), "error:1009 ");
  EXPECT_EQ(judge("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0x"s), "error:1009 ");  // 2^63-1 bytes announced
  EXPECT_EQ(judge(raw(0x02, "1") + raw(0x00, "2") + raw(0x80, "3")), "binary:123 ");
  EXPECT_EQ(judge(raw(0x02, "") + raw(0x00, "") + raw(0x00, "") + raw(0x00, "")), "error:1009 ");
}

TEST(WebSocket, manyFragmentsCostNoMoreThanTheirBytes) {
  // Autobahn's case 9.3.1: 4 MB in 65,536 fragments.
  WebSocketLimits limits;
  limits.message = 4 << 20;
  WebSocket ws(Side::server, limits);
  const string fragment(64, 'x');
  std::size_t messages = 0;
  for (int i = 0; i < 65536; ++i) {
    messages += ws.feed(raw(i == 0 ? 0x01 : i == 65535 ? 0x80 : 0x00, fragment)).size();
  }
  EXPECT_EQ(messages, 1u);
}

TEST(WebSocket, framesForABroadcastAreMadeOnce) {
  EXPECT_EQ(websocket_frame(Op::text, "hi"), "\x81\x02hi");
  const string big = websocket_frame(Op::binary, string(65536, 'x'));
  EXPECT_EQ(big.substr(0, 10), "\x82\x7F\0\0\0\0\0\x01\0\0"s);
  EXPECT_EQ(websocket_frame(Op::text, string(200, 'x')).substr(0, 4), "\x81\x7E\0\xC8"s);
  EXPECT_THROW(websocket_frame(Op::ping, string(126, 'x')), std::invalid_argument);
  EXPECT_EQ(websocket_close_payload(1005, "x"), "");
  EXPECT_EQ(websocket_close_payload(1000, string(122, 'x') + "枇").size(), 124u);
}

}  // namespace
}  // namespace loquat::codec
