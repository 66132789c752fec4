// door.h - HTTP: the page, /irc for WebSockets, /healthz and /metrics, and what route() adds. Nothing here changes
// anything on the machine.
//
//   doors::WebDoor web(context, loquat_page::files());
//   http::Server server(web.handler());
//
//   Host      Requests are answered for IP literals, localhost and Options::hosts, with any port; else 421, so that a
//             foreign name that is pointed at this machine reads nothing (DNS rebinding). A trusted proxy may send any.
//   Origin    A WebSocket that a page opens must come from a page of one of Options::hosts, of Options::origins, or of
//             this very host and port; else 403.
//   Client    A request from a trusted proxy has the client that Forwarded or X-Forwarded-For names (client.h).
//   Methods   GET and HEAD; else 405.
//   Trust     Metrics, the reason why /healthz fails, and requests that act on the machine need a local client or the
//             operator key. A request that a proxy forwards is not local, wherever the proxy runs.
//   Threads   A WebDoor does not change once it serves; any number of workers may use it.
//
// Layer: doors (docs/layers.txt).  Source: RFC 9110 s.7.4, s.15.5.20; RFC 6455 s.10.2; Prometheus text format 0.0.4.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "doors/common/context.h"
#include "http/static_files.h"
#include "loquat/http.h"
#include "loquat/websocket.h"

namespace loquat::doors {

class WebDoor {
 public:
  // `page`: what is served at / (sorted by path). It and the context outlive the door.
  WebDoor(Context& context, std::span<const EmbeddedFile> page);
  WebDoor(const WebDoor&) = delete;
  WebDoor& operator=(const WebDoor&) = delete;

  // Gives requests for `prefix` ("/wire") and paths below it to `handler` first, whatever their method. If it returns
  // false, the request is served as if there were no route. Host has been checked before. Call route() before the first
  // request.
  using Route = std::function<bool(http::Request&, http::Response&)>;
  void route(std::string prefix, Route handler);

  // Whether the request comes from this machine or has the operator key as a Bearer.
  bool trusts(const http::Request& request) const;
  // Whether `key`, which came in another way, is the operator key. A wrong one is logged.
  bool knows_key(const http::Request& request, std::string_view key) const;
  // Whether a page of this Origin may open a WebSocket.
  bool knows_origin(const http::Request& request, std::string_view origin) const;

  // Answers one request. May run for as long as a WebSocket is open.
  void serve(http::Request& request, http::Response& response);
  // serve() as a handler; the door outlives it.
  http::Handler handler();

 private:
  bool knows_host(const http::Request& request) const;
  bool names_us(std::string_view host) const;
  [[gnu::noinline]] http::WebSocket accept(http::Request& request, http::Response& response);
  bool on_a_route(http::Request& request, http::Response& response) const;
  void irc(http::Request& request, http::Response& response);
  void health(const http::Request& request, http::Response& response) const;
  void metrics(const http::Request& request, http::Response& response) const;

  Context& context_;
  http::StaticFiles page_;
  std::vector<std::pair<std::string, Route>> routes_;
};

}  // namespace loquat::doors
