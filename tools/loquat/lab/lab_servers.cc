#include <sys/socket.h>

#include "lab.h"
#include "loquat/fiber.h"

namespace loquat::tool {
namespace {

Socket listen_at(wire::Lab& lab, std::uint16_t port) {
  Socket listener = lab.socket(wire::Side::server, SOCK_STREAM);
  listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  listener.bind({lab.network().address(wire::Side::server), port});
  listener.listen();
  return listener;
}

// Each client has a fiber; one that leaves early is no error.
template <class F>
void serve(wire::Lab& lab, std::uint16_t port, F answer) {
  spawn([listener = listen_at(lab, port), answer]() mutable {
    for (;;)
      spawn([caller = listener.accept(), answer]() mutable {
        try {
          answer(caller);
        } catch (const OSError&) {
        }
      });
  });
}

std::string web_page(std::string_view request, std::string_view host) {
  const std::string line(request.substr(0, request.find("\r\n")));
  const std::string body = "Hello from " + std::string(host) + ", port 80. You said: " + line + "\n";
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\nConnection: close\r\n\r\n";
  return line.starts_with("HEAD ") ? head : head + body;
}

}  // namespace

void serve_web(wire::Lab& lab) {
  serve(lab, 80, [host = lab.network().address(wire::Side::server)](Socket& caller) {
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
      const std::string piece = caller.recv(4096);
      if (piece.empty() || request.size() > 64 * 1024) return;
      request += piece;
    }
    caller.sendall(web_page(request, host));
    caller.shutdown(SHUT_WR);
    while (!caller.recv(4096).empty()) {
    }
  });
}

void serve_echo(wire::Lab& lab) {
  serve(lab, 7, [](Socket& caller) {
    for (std::string data; !(data = caller.recv(4096)).empty();) caller.sendall(data);
  });
}

}  // namespace loquat::tool
