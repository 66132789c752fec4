// 06_web_by_hand.cc - chapter 6: answers a browser byte by byte. http::serve() does this for you.
//
//   build/release/bin/example_06_web_by_hand 127.0.0.1:8080      then open http://127.0.0.1:8080/
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include "loquat/run.h"
#include "loquat/socket.h"

// [handle]
void handle_client(loquat::Socket client) try {
  client.settimeout(std::chrono::seconds(10));  // a browser may connect and then say nothing
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {  // the empty line ends the request's head
    const auto piece = client.recv(512);
    if (piece.empty() || request.size() > 16384) return;
    request += piece;
  }
  std::cout << request.substr(0, request.find("\r\n")) << std::endl;

  const std::string body = "欢迎来此访问!";
  client.sendall(
      "HTTP/1.1 200 OK\r\n"
      "Content-Type: text/html; charset=utf-8\r\n"
      "Content-Length: " +
      std::to_string(body.size()) +
      "\r\n"
      "Connection: close\r\n"
      "\r\n" +
      body);
} catch (const loquat::OSError& error) {  // this client is slow or gone; the others go on
  std::cout << error.what() << std::endl;
}
// [/handle]

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:8080");
  loquat::report_stack_overflow();
  loquat::run([&] {
    auto server = loquat::create_server({where.host, where.port});
    std::cout << "listening on http://" << server.getsockname().str() << "/" << std::endl;
    // [accept]
    for (;;) {
      loquat::spawn([client = server.accept()]() mutable { handle_client(std::move(client)); });
    }
    // [/accept]
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
