// 06_websocket.cc - chapter 6: the server sends to pages that have not asked. All visitors see what one of them types.
//
//   build/release/bin/example_06_websocket 127.0.0.1:8080      then open http://127.0.0.1:8080/ in two windows
#include <exception>
#include <iostream>
#include <set>
#include <string>

#include "loquat/http.h"
#include "loquat/run.h"
#include "loquat/sync.h"
#include "loquat/websocket.h"

namespace http = loquat::http;
constexpr std::string_view page = R"(<!doctype html><meta charset="utf-8"><input id="line" autofocus><ul id="said"></ul>
<script>const socket = new WebSocket(`ws://${location.host}/`);
socket.onmessage = (event) => said.append(Object.assign(document.createElement('li'), { textContent: event.data }));
line.onchange = () => { socket.send(line.value); line.value = ''; };</script>)";
// [visitor]
// Messages for a visitor wait in an outbox, and a second fiber sends them: a slow visitor delays no other.
struct Visitor {
  explicit Visitor(http::WebSocket& to) : socket(to) { present.insert(this); }
  ~Visitor() {
    const loquat::CancelShield shield;
    present.erase(this);
    outbox.close();
    sender.join();
  }
  static inline std::set<Visitor*> present;  // no lock: fibers of one worker never run at the same time
  http::WebSocket& socket;
  loquat::Queue<std::string> outbox{100};
  loquat::Fiber<> sender = loquat::spawn([this] {
    while (auto text = outbox.get()) socket.send_text(*text);
  });
};

void serve(http::Request& request, http::Response& response) {
  if (!http::is_websocket_request(request)) return response.content_type("text/html; charset=utf-8").send(page);
  auto socket = http::accept_websocket(request, response);
  Visitor visitor(socket);
  while (auto message = socket.recv()) {
    if (message->binary) continue;  // send_text() takes UTF-8 only
    for (Visitor* each : Visitor::present) each->outbox.try_put(message->data);
  }
}
// [/visitor]

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:8080");
  loquat::report_stack_overflow();
  loquat::run([&] {
    auto server = loquat::create_server({where.host, where.port});
    std::cout << "listening on http://" << server.getsockname().str() << "/" << std::endl;
    http::serve(std::move(server), serve);
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
