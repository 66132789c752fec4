// 06_files.cc - chapter 6: serves a folder, also in parts, for players and broken downloads; and counts visits.
//
//   build/release/bin/example_06_files 127.0.0.1:8080 docs/images
//   curl -O http://127.0.0.1:8080/loquat.webp          curl -r 0-99 -o part http://127.0.0.1:8080/loquat.webp
#include <exception>
#include <iostream>
#include <string>

#include "loquat/run.h"
#include "loquat/static_folder.h"

namespace http = loquat::http;

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: example_06_files HOST:PORT FOLDER");
  const auto where = loquat::parse_host_port(argv[1]);
  // [files]
  const http::StaticFolder files(argv[2]);
  int visits = 0;
  const auto handle = [&](http::Request& request, http::Response& response) {
    if (request.path() == "/visits") return response.send(std::to_string(visits) + "\n");
    if (request.path() == "/") ++visits;
    files.serve(request, response);
  };
  // [/files]
  loquat::report_stack_overflow();
  loquat::run([&] {
    auto server = loquat::create_server({where.host, where.port});
    std::cout << "listening on http://" << server.getsockname().str() << "/" << std::endl;
    http::serve(std::move(server), handle);
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
