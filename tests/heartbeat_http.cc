// An HTTP server and WebSockets with clients that send half a request, or do not read.
#include <memory>

#include "loquat/http.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/websocket.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;
using hostile::Wire;

http::ServerOptions patient() {
  http::ServerOptions options;
  options.header_timeout = options.idle_timeout = options.body_timeout = options.write_timeout = 1h;
  options.min_rate = 1;
  return options;
}

const std::string upgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
const std::string hello_frame("\x81\x85\0\0\0\0hello", 11);
const std::string close_frame("\x88\x80\0\0\0\0", 6);

// One connection, served by serve_connection(), and its handler's result.
struct Served {
  explicit Served(http::Handler handler) : server(std::move(handler), patient()) {}
  http::Server server;
  Socket ours;
  Fd theirs;
  std::string word = "no handler";
};

struct Exchange {
  const char* name;
  std::string begins;  // what the client sends first
  std::string rest;    // what it sends once let_go() is called; it reads from then on
  std::string word;
  std::function<void(Served&, http::Request&, http::Response&)> handler;
};

void plain(Served& s, http::Request&, http::Response& response) {
  response.close_connection().send("hello");
  s.word = "served";
}
void body(Served& s, http::Request& request, http::Response& response) {
  s.word = request.body();
  response.close_connection().send();
}
void chunks(Served& s, http::Request& request, http::Response& response) {
  s.word.clear();
  for (std::string_view piece; !(piece = request.read_chunk()).empty();) s.word += piece;
  response.close_connection().send();
}
void large_answer(Served& s, http::Request&, http::Response& response) {
  response.close_connection().send(std::string(4 << 20, 'x'));
  s.word = "sent";
}
void large_stream(Served& s, http::Request&, http::Response& response) {
  response.close_connection().start();
  for (int i = 0; i < 64; ++i) response.write(std::string(1 << 16, 'x'));
  response.finish();
  s.word = "sent";
}
void websocket_recv(Served& s, http::Request& request, http::Response& response) {
  auto ws = http::accept_websocket(request, response);
  auto message = ws.recv();
  s.word = message ? message->data : "nothing";
  ws.abort();
}
void websocket_send(Served& s, http::Request& request, http::Response& response) {
  auto ws = http::accept_websocket(request, response);
  ws.send_binary(std::string(4 << 20, 'x'));
  s.word = "sent";
  ws.abort();
}
void websocket_close(Served& s, http::Request& request, http::Response& response) {
  http::WebSocketOptions options;
  options.close_timeout = 1h;
  auto ws = http::accept_websocket(request, response, options);
  ws.close();
  while (ws.recv()) {
  }
  s.word = "closed";
}

const Exchange exchanges[] = {
    {"serve_connection", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "served", plain},
    {"serve_connection_half_a_head", "GET / HTTP/1.1\r\nHo", "st: a\r\n\r\n", "served", plain},
    {"Request::body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "lo", "hello", body},
    {"Request::read_chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel",
     "\r\n2\r\nlo\r\n0\r\n\r\n", "hello", chunks},
    {"Response::send", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", "sent", large_answer},
    {"Response::write", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", "sent", large_stream},
    {"WebSocket::recv", upgrade, hello_frame, "hello", websocket_recv},
    {"WebSocket::recv_half_a_frame", upgrade + hello_frame.substr(0, 8), hello_frame.substr(8), "hello",
     websocket_recv},
    {"WebSocket::send_binary", upgrade, "", "sent", websocket_send},
    {"WebSocket::close", upgrade, close_frame, "closed", websocket_close},
};

std::shared_ptr<Served> begin(const Exchange& exchange) {
  auto pointer = std::make_shared<Served*>();
  auto state = std::make_shared<Served>([pointer, &exchange](http::Request& request, http::Response& response) {
    exchange.handler(**pointer, request, response);
  });
  *pointer = state.get();
  Wire wire = hostile::tcp();
  state->ours = Socket::from_fd(wire.ours.release());
  state->theirs = std::move(wire.theirs);
  if (!exchange.begins.empty()) hostile::put(state->theirs, exchange.begins);
  return state;
}

struct Ending {
  const char* name;
  std::string ends;  // empty: the exchange's own
  std::function<void(Served&, const Exchange&, Hold&)> let_go;
};
const Ending endings[] = {
    {"goes_on", "",
     [](Served& s, const Exchange& exchange, Hold& hold) {
       if (!exchange.rest.empty()) hostile::put(s.theirs, exchange.rest);
       hostile::drain(s.theirs, [&] { return hold.ended(); });
       s.theirs.close();
     }},
    {"resets", "any", [](Served& s, const Exchange&, Hold&) { hostile::reset(s.theirs); }},
    {"cancelled", "Cancelled|any", [](Served&, const Exchange&, Hold& hold) { hold.cancel(); }},
};

void add_exchanges(Cases& cases) {
  for (const Ending& ending : endings) {
    for (const Exchange& each : exchanges) {
      cases.push_back({std::string("http_client_that_") + ending.name, each.name,
                       [&each, &ending] {
                         auto state = begin(each);
                         const auto call = [state, &ending] {
                           state->server.serve_connection(state->ours);
                           return ending.ends.empty() ? state->word : std::string("any");
                         };
                         return Scene{call, [state, &each, &ending](Hold& hold) { ending.let_go(*state, each, hold); },
                                      ending.ends.empty() ? each.word : ending.ends};
                       },
                       Waits::yes, ending.name == std::string("goes_on")});
    }
  }
}

// serve() without a client, and with a silent one.
void add_servers(Cases& cases) {
  struct Serving {
    http::Server server{[](http::Request&, http::Response& response) { response.send("hello"); }, patient()};
    Socket listener = create_server({"127.0.0.1", 0});
    Fd client;
    Fiber<> fiber;
  };
  for (const char* how : {"stopped", "closed", "cancelled"}) {
    cases.push_back({std::string("no_http_client_") + how, "serve",
                     [how = std::string(how)] {
                       auto state = std::make_shared<Serving>();
                       const auto call = [state] {
                         state->server.serve(state->listener);
                         return std::string("returned");
                       };
                       const auto let_go = [state, how](Hold& hold) {
                         if (how == "cancelled") return hold.cancel();
                         if (how == "closed") return state->listener.close();
                         state->server.stop();
                       };
                       return Scene{call, let_go, how == "cancelled" ? "Cancelled" : "returned"};
                     },
                     Waits::yes, false});
  }
  cases.push_back({"http_client_half_way", "wait_stopped",
                   [] {
                     auto state = std::make_shared<Serving>();
                     state->fiber = spawn([state] { state->server.serve(state->listener); });
                     state->client = hostile::client_of(state->listener.fileno());
                     hostile::put(state->client, "GET / HTTP/1.1\r\n");
                     while (state->server.connections() == 0) sleep(1ms);
                     const auto call = [state] {
                       sleep(5ms);  // the request has begun
                       state->server.stop();
                       return std::string(state->server.wait_stopped(1h) ? "stopped" : "time is over");
                     };
                     return Scene{call, [state](Hold&) { state->client.close(); }, "stopped"};
                   },
                   Waits::yes, false});
}

}  // namespace

void add_http(Cases& cases) {
  add_exchanges(cases);
  add_servers(cases);
}

}  // namespace loquat::heartbeat
