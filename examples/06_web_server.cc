// 06_web_server.cc - chapter 6: the clients are browsers; a fiber of its own serves each of them, many at once.
//
//   build/release/bin/example_06_web_server 127.0.0.1:8080      then open http://127.0.0.1:8080/
//
// The tutorial's header ended in "Content-Type:text/html\r\ncharset=utf-8", so browsers had to guess the encoding. Here
// the server writes a correct header with the length, so that one connection can carry many requests.
#include <exception>
#include <iostream>

#include "loquat/http.h"
#include "loquat/run.h"

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:8080");
  loquat::report_stack_overflow();
  loquat::run([&] {
    auto server = loquat::create_server({where.host, where.port});
    std::cout << "listening on http://" << server.getsockname().str() << "/" << std::endl;

    // [serve]
    loquat::http::serve(std::move(server), [](loquat::http::Request&, loquat::http::Response& response) {
      response.content_type("text/html; charset=utf-8").send("欢迎来此访问!");
    });
    // [/serve]
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
