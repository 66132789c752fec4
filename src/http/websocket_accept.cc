// How a request becomes a WebSocket.
#include <algorithm>

#include "codec/text/url.h"
#include "codec/websocket/handshake.h"
#include "http/connection.h"
#include "loquat/websocket.h"

namespace loquat::http {
namespace {

std::string_view port_or(const codec::Authority& authority, std::string_view otherwise) {
  return authority.port.empty() ? otherwise : authority.port;
}

}  // namespace

bool is_same_host(std::string_view origin, std::string_view host) noexcept {
  const std::size_t end = origin.find("://");
  if (end == std::string_view::npos) return false;  // "null"
  const std::string_view scheme = origin.substr(0, end);
  const std::string_view usual = codec::http_equal(scheme, "https") || codec::http_equal(scheme, "wss") ? "443" : "80";
  const auto theirs = codec::split_authority(origin.substr(end + 3));
  const auto ours = codec::split_authority(host);
  return theirs && ours && codec::http_equal(theirs->host, ours->host) &&
         port_or(*theirs, usual) == port_or(*ours, usual);
}

namespace {

void check_origin(const Request& request, const WebSocketOptions& options) {
  if (!request.has_header("Origin")) return;
  const std::string_view origin = request.header("Origin");
  const bool allowed =
      options.check_origin ? options.check_origin(origin, request) : is_same_host(origin, request.host());
  if (!allowed) throw Error(403, "pages of this origin may not open a WebSocket here");
}

codec::WebSocketOffer check_handshake(const Connection& connection, const WebSocketOptions& options) {
  const codec::HttpRequest* head = connection.request();
  if (head == nullptr) throw std::logic_error("this connection is a WebSocket already");
  if (connection.started()) throw std::logic_error("the request is answered already");
  if (head->body() != codec::HttpBody::none) throw Error(400, "a WebSocket handshake has no body");
  const std::vector<std::string_view> ours(options.subprotocols.begin(), options.subprotocols.end());
  codec::WebSocketOffer offer = codec::check_websocket(*head, ours);
  if (offer.status == 101) {
    if (options.compression) offer.deflate = codec::choose_deflate(*head);
    return offer;
  }
  Error refusal(offer.status, std::string(offer.reason));
  if (offer.status == 405) refusal.header("Allow", "GET");
  if (offer.status == 426) refusal.header("Upgrade", "websocket").header("Sec-WebSocket-Version", "13");
  throw refusal;
}

}  // namespace

WebSocket::State& Connection::become_websocket(const codec::WebSocketOffer& offer, const WebSocketOptions& options) {
  websocket_ = std::make_unique<WebSocket::State>(*this, offer, options);
  codec::append_websocket_accept(exchange_->output, offer);
  turn_.started = turn_.finished = true;
  turn_.status = 101;
  flush();
  const std::string early(exchange_->input.view());
  release();
  if (!early.empty()) websocket_->take(early);
  return *websocket_;
}

std::string_view Connection::receive() {
  take_exchange();
  return receive_more(Duration::zero()) == Got::bytes ? exchange_->input.view() : std::string_view();
}

bool is_websocket_request(const Request& request) noexcept {
  const codec::HttpRequest* head = Connection::of(request).request();
  return head != nullptr && head->wants_upgrade("websocket");
}

WebSocket accept_websocket(Request& request, Response& response, const WebSocketOptions& options) {
  Connection& connection = Connection::of(response);
  const codec::WebSocketOffer offer = check_handshake(connection, options);
  check_origin(request, options);
  return WebSocket(connection.become_websocket(offer, options));
}

}  // namespace loquat::http
