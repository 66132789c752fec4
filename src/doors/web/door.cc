#include "doors/web/door.h"

#include <algorithm>
#include <string_view>

#include "codec/text/chars.h"
#include "doors/irc/door.h"
#include "doors/operator/operator_key.h"
#include "doors/peers/peer.h"
#include "doors/web/client.h"
#include "doors/web/metrics.h"
#include "http/passed_on.h"
#include "loquat/websocket.h"
#include "net/lookup.h"

namespace loquat::doors {
namespace {

constexpr std::string_view csp =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr std::string_view not_found =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Not found</title>\n"
    "<h1>Not found</h1>\n<p>There is nothing here. <a href=\"/\">The chat is this way.</a></p>\n";
constexpr std::size_t max_message = 16 * 1024;  // of a WebSocket; a line is answered with 417 long before

http::StaticOptions page_options() {
  http::StaticOptions options;
  options.csp = csp;
  return options;
}

// The name or address in "example.org:8080" or "[::1]:80". Empty if it is no such thing.
std::string_view without_port(std::string_view host) {
  const std::size_t end = host.starts_with('[') ? std::min(host.find(']'), host.size() - 1) + 1 : host.find(':');
  const std::string_view name = host.substr(0, end);
  const std::string_view port = end < host.size() ? host.substr(end) : std::string_view();
  const bool good = port.empty() || (port.front() == ':' && port.find_first_not_of("0123456789", 1) == port.npos);
  return good ? name : std::string_view();
}

// As in a URL: an IPv6 address stands in brackets, and has no zone.
bool is_ip_literal(std::string_view name) {
  const bool bracketed = name.starts_with('[') && name.ends_with(']');
  if (bracketed) name = name.substr(1, name.size() - 2);
  return bracketed == (name.find(':') != name.npos) && name.find('%') == name.npos &&
         net::is_ip_literal(std::string(name));
}

bool is_local(const http::Request& request) { return request.client().is_loopback() && !http::was_passed_on(request); }

bool is_one_of(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& known) { return codec::equal_ignoring_case(known, name); });
}

// "example.org" of "https://example.org:8443"; empty if it is no page of the web. Some apps that are no browsers send
// "wss://example.org".
std::string_view host_of_origin(std::string_view origin) {
  for (const std::string_view scheme : {"https://", "http://", "wss://", "ws://"}) {
    if (origin.size() > scheme.size() && codec::equal_ignoring_case(origin.substr(0, scheme.size()), scheme))
      return without_port(origin.substr(scheme.size()));
  }
  return {};
}

}  // namespace

WebDoor::WebDoor(Context& context, std::span<const EmbeddedFile> page)
    : context_(context), page_(page, page_options()) {}

void WebDoor::route(std::string prefix, Route handler) { routes_.emplace_back(std::move(prefix), std::move(handler)); }

bool WebDoor::on_a_route(http::Request& request, http::Response& response) const {
  const std::string_view path = request.path();
  return std::any_of(routes_.begin(), routes_.end(), [&](const auto& route) {
    const auto& [prefix, handler] = route;
    const bool below = path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
    return below && handler(request, response);
  });
}

bool WebDoor::trusts(const http::Request& request) const {
  constexpr std::string_view scheme = "Bearer ";
  if (is_local(request)) return true;
  const std::string_view given = request.header("Authorization");
  return given.starts_with(scheme) && knows_key(request, given.substr(scheme.size()));
}

bool WebDoor::knows_key(const http::Request& request, std::string_view key) const {
  return is_operator_key(context_, key, address_name(client_of(context_, request)));
}

http::Handler WebDoor::handler() {
  return [this](http::Request& request, http::Response& response) { serve(request, response); };
}

void WebDoor::serve(http::Request& request, http::Response& response) {
  if (!knows_host(request)) {
    http::add_strict_headers(response);
    return response.status(421).send(
        "421 Misdirected Request\nThis server does not answer for that name; see --host.\n");
  }
  const std::string_view path = request.path();
  if (on_a_route(request, response)) return;
  const bool reads = request.method() == "GET" || request.method() == "HEAD";
  if (reads && path == "/irc") return irc(request, response);
  if (reads && page_.serve(request, response)) return;
  http::add_strict_headers(response);
  if (!reads) return response.status(405).header("Allow", "GET, HEAD").send("405 Method Not Allowed\n");
  if (path == "/healthz") return health(request, response);
  if (path == "/metrics") return metrics(request, response);
  response.status(404).content_type("text/html; charset=utf-8").send(not_found);
}

// A client that names no host at all (HTTP/1.0) is no browser, so nothing was pointed at us behind its back.
bool WebDoor::knows_host(const http::Request& request) const {
  return names_us(request.host()) || comes_from_proxy(context_, request);
}

bool WebDoor::names_us(std::string_view host) const {
  if (host.empty()) return true;
  std::string_view name = without_port(host);
  if (name.empty()) return false;
  if (is_ip_literal(name)) return true;
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  if (codec::equal_ignoring_case(name, "localhost")) return true;
  return is_one_of(context_.options.hosts, name);
}

// A name that a proxy has sent as Host may be anything, so a page of the same name is not ours.
bool WebDoor::knows_origin(const http::Request& request, std::string_view origin) const {
  return is_one_of(context_.options.hosts, host_of_origin(origin)) || is_one_of(context_.options.origins, origin) ||
         (names_us(request.host()) && http::is_same_host(origin, request.host()));
}

// A frame of its own: the options are not kept while the WebSocket lives.
http::WebSocket WebDoor::accept(http::Request& request, http::Response& response) {
  http::WebSocketOptions options;
  options.subprotocols = irc_subprotocols();
  options.max_size = max_message;
  options.check_origin = [this](std::string_view origin, const http::Request& asked) {
    return knows_origin(asked, origin);
  };
  return http::accept_websocket(request, response, options);
}

// The connection is counted already; what a proxy passes on is one more person's.
void WebDoor::irc(http::Request& request, http::Response& response) {
  const Address client = client_of(context_, request);
  Place place;
  if (client != request.client() && !context_.places.take(place, client, context_.options.max_per_address))
    throw http::Error(429, "too many connections from your address");
  http::WebSocket socket = accept(request, response);
  irc_door(context_, socket, address_name(client));
}

void WebDoor::health(const http::Request& request, http::Response& response) const {
  if (context_.log.writable()) return response.send("ok\n");
  const std::string why = trusts(request) ? ": " + context_.log.trouble() : std::string();
  response.status(503).send("rooms are read-only" + why + "\n");
}

void WebDoor::metrics(const http::Request& request, http::Response& response) const {
  if (!trusts(request)) {
    return response.status(403).send("403 Forbidden\nOnly from this machine, or with the operator key as a Bearer.\n");
  }
  response.content_type("text/plain; version=0.0.4; charset=utf-8").send(metrics_text(context_));
}

}  // namespace loquat::doors
