#include "codec/websocket/handshake.h"

#include <algorithm>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/uuid/detail/sha1.hpp>

#include "codec/http1/write.h"
#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

std::string base64(const void* data, std::size_t size) {
  namespace b64 = boost::beast::detail::base64;
  std::string out(b64::encoded_size(size), '\0');
  out.resize(b64::encode(out.data(), data, size));
  return out;
}

// 16 bytes in base64: 22 characters and "==".
bool is_key(std::string_view key) noexcept {
  const auto ok = [](char c) { return is_digit(c) || is_alpha(c) || c == '+' || c == '/'; };
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.begin() + 22, ok);
}

// The first of the client's subprotocols, over all its fields, that the server has.
std::string_view choose(const HttpRequest& request, std::span<const std::string_view> have) noexcept {
  for (const HttpField& field : request.fields()) {
    if (!http_equal(field.name, "Sec-WebSocket-Protocol")) continue;
    for (std::string_view rest = field.value;;) {
      const std::size_t comma = rest.find(',');
      const std::string_view name = trim_spaces(rest.substr(0, comma));
      if (!name.empty() && std::find(have.begin(), have.end(), name) != have.end()) return name;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return {};
}

std::size_t count(const HttpHead& head, std::string_view name) noexcept {
  const auto fields = head.fields();
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const HttpField& f) { return http_equal(f.name, name); }));
}

WebSocketOffer refuse_offer(int status, std::string_view reason) { return {status, reason, {}, {}, {}}; }

}  // namespace

std::string websocket_accept_key(std::string_view key) {
  boost::uuids::detail::sha1 sha1;
  constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  sha1.process_bytes(key.data(), key.size());
  sha1.process_bytes(guid.data(), guid.size());
  unsigned int words[5];
  sha1.get_digest(words);
  unsigned char digest[20];
  for (int i = 0; i < 20; ++i) digest[i] = static_cast<unsigned char>(words[i / 4] >> (24 - i % 4 * 8));
  return base64(digest, sizeof digest);
}

WebSocketOffer check_websocket(const HttpRequest& request, std::span<const std::string_view> subprotocols) {
  if (request.method() != "GET") return refuse_offer(405, "a WebSocket opens with GET");
  if (request.minor() != 1 || request.body() != HttpBody::none)
    return refuse_offer(400, "a WebSocket opens with HTTP/1.1 and no body");
  if (!request.wants_upgrade("websocket")) return refuse_offer(426, "no upgrade to WebSocket");
  if (count(request, "Sec-WebSocket-Version") != 1 || request.get("Sec-WebSocket-Version") != "13") {
    return refuse_offer(426, "WebSocket version is not 13");
  }
  const std::string_view key = request.get("Sec-WebSocket-Key");
  if (count(request, "Sec-WebSocket-Key") != 1 || !is_key(key)) return refuse_offer(400, "bad Sec-WebSocket-Key");
  return {101, {}, websocket_accept_key(key), choose(request, subprotocols), {}};
}

void append_websocket_accept(std::string& out, const WebSocketOffer& offer) {
  HttpWriter writer(out, 101);
  writer.field("Upgrade", "websocket").field("Connection", "Upgrade").field("Sec-WebSocket-Accept", offer.accept);
  if (!offer.subprotocol.empty()) writer.field("Sec-WebSocket-Protocol", offer.subprotocol);
  if (offer.deflate) writer.field("Sec-WebSocket-Extensions", offer.deflate->answer);
  writer.end();
}

void append_websocket_request(std::string& out, std::string_view authority, std::string_view target,
                              std::span<const std::byte, 16> key, std::string_view subprotocols) {
  HttpWriter writer(out, "GET", target);
  writer.field("Host", authority).field("Upgrade", "websocket").field("Connection", "Upgrade");
  writer.field("Sec-WebSocket-Version", "13").field("Sec-WebSocket-Key", base64(key.data(), key.size()));
  if (!subprotocols.empty()) writer.field("Sec-WebSocket-Protocol", subprotocols);
  writer.end();
}

bool websocket_accepted(const HttpResponse& response, std::span<const std::byte, 16> key) {
  return response.status() == 101 && response.has_token("Upgrade", "websocket") &&
         response.has_token("Connection", "upgrade") && !response.find("Sec-WebSocket-Extensions") &&
         count(response, "Sec-WebSocket-Accept") == 1 &&
         response.get("Sec-WebSocket-Accept") == websocket_accept_key(base64(key.data(), key.size()));
}

}  // namespace loquat::codec
