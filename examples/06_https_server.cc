// 06_https_server.cc - chapter 6: a web server with TLS. Only its listener differs from that of 06_web_server.cc.
//
//   openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost
//   build/release/bin/example_06_https_server 127.0.0.1:8443 cert.pem key.pem      then open https://127.0.0.1:8443/
#include <exception>
#include <iostream>

#include "loquat/http.h"
#include "loquat/run.h"
#include "loquat/tls.h"

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: example_06_https_server HOST:PORT CERT.pem KEY.pem");
  const auto where = loquat::parse_host_port(argv[1]);
  loquat::SSLContext context(loquat::PROTOCOL_TLS_SERVER);
  context.load_cert_chain(argv[2], argv[3]);
  loquat::report_stack_overflow();
  loquat::run([&] {
    auto server = loquat::create_server({where.host, where.port});
    std::cout << "listening on https://" << server.getsockname().str() << "/" << std::endl;

    loquat::http::serve(context.wrap_socket(std::move(server), {.server_side = true}),
                        [](loquat::http::Request& request, loquat::http::Response& response) {
                          const auto tls = loquat::tls_info(request.socket());
                          response.send("欢迎来此访问! " + tls->version + ", " + tls->cipher->name + "\n");
                        });
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
