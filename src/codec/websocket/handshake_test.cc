#include "codec/websocket/handshake.h"

#include <gtest/gtest.h>

#include <string>

namespace loquat::codec {
namespace {

using std::string;
using std::string_view;

constexpr string_view good =
    "Host: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// The good fields without the one called `name`, and with `more`.
string changed(string_view name, string_view more = "") {
  string fields(good);
  const std::size_t at = fields.find(name);
  fields.erase(at, fields.find("\r\n", at) + 2 - at);
  return fields + string(more);
}

struct Judged {
  int status;
  string accept, subprotocol, response;
};

Judged judge(string_view fields, string_view line = "GET /irc HTTP/1.1") {
  static constexpr string_view have[] = {"binary.ircv3.net", "text.ircv3.net"};
  RequestParser parser;
  EXPECT_EQ(parser.feed(string(line) + "\r\n" + string(fields) + "\r\n").event, HttpEvent::head) << fields;
  const WebSocketOffer offer = check_websocket(parser.request(), have);
  Judged out{offer.status, offer.accept, string(offer.subprotocol), {}};
  if (offer.status == 101) append_websocket_accept(out.response, offer);
  return out;
}

TEST(WebSocketHandshake, acceptsTheExampleOfTheRfc) {
  EXPECT_EQ(websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const Judged j = judge(good);
  EXPECT_EQ(j.status, 101);
  EXPECT_EQ(j.response,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(WebSocketHandshake, refusesWhatIsNoHandshake) {
  EXPECT_EQ(judge(good, "POST /irc HTTP/1.1").status, 405);
  EXPECT_EQ(judge(good, "GET /irc HTTP/1.0").status, 400);
  EXPECT_EQ(judge(string(good) + "Content-Length: 3\r\n").status, 400);
  EXPECT_EQ(judge(changed("Upgrade")).status, 426);
  EXPECT_EQ(judge(changed("Upgrade", "Upgrade: h2c\r\n")).status, 426);
  EXPECT_EQ(judge(changed("Connection", "Connection: close\r\n")).status, 426);
  EXPECT_EQ(judge(changed("Sec-WebSocket-Version")).status, 426);
  EXPECT_EQ(judge(changed("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8\r\n")).status, 426);
  EXPECT_EQ(judge(changed("Sec-WebSocket-Key")).status, 400);
  for (string_view key : {"", "short==", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=a",
                          "dGhlIHNhbXBsZSBub25jZ!==", "dGhlIHNhbXBsZSBub25jZQAAAA=="}) {
    EXPECT_EQ(judge(changed("Sec-WebSocket-Key", "Sec-WebSocket-Key: " + string(key) + "\r\n")).status, 400) << key;
  }
  EXPECT_EQ(judge(string(good) + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").status, 400);
}

TEST(WebSocketHandshake, theClientsOrderChoosesTheSubprotocol) {
  const auto chosen = [](string_view list) {
    return judge(string(good) + "Sec-WebSocket-Protocol: " + string(list) + "\r\n").subprotocol;
  };
  EXPECT_EQ(chosen("text.ircv3.net, binary.ircv3.net"), "text.ircv3.net");
  EXPECT_EQ(chosen("chat,binary.ircv3.net ,text.ircv3.net"), "binary.ircv3.net");
  EXPECT_EQ(chosen("chat"), "");
  EXPECT_EQ(chosen("TEXT.ircv3.net"), "");  // subprotocols are compared as they are
  EXPECT_EQ(judge(string(good) + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n").subprotocol,
            "text.ircv3.net");
}

TEST(WebSocketHandshake, bothEndsAgree) {
  std::array<std::byte, 16> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i * 17);
  string request, response;
  append_websocket_request(request, "127.0.0.1:7777", "/irc", key, "text.ircv3.net");
  RequestParser server;
  ASSERT_EQ(server.feed(request).event, HttpEvent::head);
  static constexpr string_view have[] = {"text.ircv3.net"};
  const WebSocketOffer offer = check_websocket(server.request(), have);
  ASSERT_EQ(offer.status, 101) << offer.reason;
  append_websocket_accept(response, offer);
  ResponseParser client;
  ASSERT_EQ(client.feed(response).event, HttpEvent::head);
  EXPECT_TRUE(websocket_accepted(client.response(), key));
  EXPECT_EQ(client.response().get("Sec-WebSocket-Protocol"), "text.ircv3.net");
  key[0] = std::byte{1};
  EXPECT_FALSE(websocket_accepted(client.response(), key));
}

}  // namespace
}  // namespace loquat::codec
