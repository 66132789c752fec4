// WebSocket: events must not depend on the pieces, what they carry must be valid, and what we answer must be what a
// correct peer accepts; both without and with permessage-deflate.
#include <string>
#include <vector>

#include "codec/text/utf8.h"
#include "codec/websocket/deflate.h"
#include "codec/websocket/websocket.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;
using std::string;
using std::string_view;
using Kind = WebSocketEvent::Kind;
using Side = WebSocket::Side;

namespace {

constexpr WebSocketLimits limits{5000, 20, 4};

std::uint32_t mask() { return 0xC0FFEE42; }

struct Heard {
  string events, output;
  std::vector<WebSocketEvent> list;
};

void check_event(const WebSocketEvent& e) {
  if (e.kind == Kind::text) check(e.compressed || is_utf8(e.payload), "text is UTF-8");
  if ((e.kind == Kind::text || e.kind == Kind::binary) && !e.compressed)
    check(e.payload.size() <= limits.message, "a message keeps to its limit");
  if (e.kind == Kind::ping || e.kind == Kind::pong) check(e.payload.size() <= 125, "a control frame is short");
  if (e.kind == Kind::close)
    check(is_utf8(e.payload) && (e.code == 1005 || websocket_code_ok(e.code)), "a close is valid");
  if (e.kind == Kind::protocol_error)
    check(e.code == 1002 || e.code == 1007 || e.code == 1009, "an error has its code");
}

// What a compressed message says; a damaged one becomes an error.
void inflate(WebSocketEvent& e) {
  check(e.kind == Kind::text || e.kind == Kind::binary, "only messages are compressed");
  const int code = inflate_message(e, limits.message);
  check(code == 0 || code == 1007 || code == 1009, "data is good, damaged or too much");
  if (code != 0) return void(e = {Kind::protocol_error, {}, code});
  const auto shorter = deflate_message(e.payload, 9 + static_cast<int>(e.payload.size() % 7));
  if (!shorter) return;
  check(shorter->size() < e.payload.size(), "compressed is shorter");
  WebSocketEvent again{e.kind, *shorter, 0, true};
  check(inflate_message(again, limits.message) == 0 && again.payload == e.payload, "a message survives compression");
}

Heard hear(Side side, bool deflate, string_view bytes, bool pieces) {
  WebSocket ws(side, limits, mask);
  if (deflate) ws.accept_deflate();
  Heard heard;
  const auto take = [&](string_view piece) {
    const bool was_done = ws.done();
    for (WebSocketEvent& e : ws.feed(piece)) {
      check(!was_done, "nothing comes after the end");
      check(deflate || !e.compressed, "only what was agreed on is compressed");
      if (e.compressed) inflate(e);
      check_event(e);
      heard.events += std::to_string(static_cast<int>(e.kind)) + ":" + std::to_string(e.code) + ":" + e.payload + "\n";
      heard.list.push_back(std::move(e));
    }
  };
  if (pieces)
    fuzz::in_pieces(bytes, take);
  else
    take(bytes);
  heard.output = ws.take_output();
  return heard;
}

void check_side(Side side, bool deflate, string_view bytes) {
  const Heard whole = hear(side, deflate, bytes, false);
  const Heard cut = hear(side, deflate, bytes, true);
  check(whole.events == cut.events, "events are the same in pieces");
  check(whole.output == cut.output, "and so is the answer");
  WebSocket peer(side == Side::server ? Side::client : Side::server, {}, mask);
  for (const WebSocketEvent& e : peer.feed(whole.output))
    check(e.kind == Kind::pong || e.kind == Kind::close, "we answer pongs and closes");
  for (const WebSocketEvent& e : whole.list) {
    if (e.kind != Kind::text && e.kind != Kind::binary) continue;
    WebSocket sender(side == Side::server ? Side::client : Side::server, {}, mask), receiver(side, {}, mask);
    sender.send(e.kind == Kind::text ? WebSocketOpcode::text : WebSocketOpcode::binary, e.payload);
    const auto got = receiver.feed(sender.take_output());
    check(got.size() == 1 && got[0].kind == e.kind && got[0].payload == e.payload, "a message survives being sent");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const bool deflate : {false, true}) {
    check_side(Side::server, deflate, fuzz::text(data, size));
    check_side(Side::client, deflate, fuzz::text(data, size));
  }
  return 0;
}
