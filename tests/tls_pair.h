// tls_pair.h - two Sockets that speak TLS with each other, and their certificates.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/tls.h"
#include "tests/worlds.h"
#include "tls/certificate.h"

namespace loquat {

// A certificate in two files.
class Identity {
 public:
  explicit Identity(const std::vector<std::string>& names, int days = 30, const std::string& subject = "Loquat test") {
    static int count = 0;
    const auto made = tls::make_self_signed(subject, names, days);
    folder_ = ::testing::TempDir() + "loquat-tls-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    std::filesystem::create_directory(folder_);
    std::ofstream(certfile()) << made.certificate;
    std::ofstream(keyfile()) << made.key;
    pem = made.certificate;
  }
  ~Identity() { std::filesystem::remove_all(folder_); }
  std::string certfile() const { return folder_ + "/cert.pem"; }
  std::string keyfile() const { return folder_ + "/key.pem"; }
  std::string pem;

 private:
  std::string folder_;
};

inline const Identity& local() {
  static const Identity identity({"localhost", "127.0.0.1"});
  return identity;
}

inline SSLContext server_context(const Identity& identity = local()) {
  SSLContext context(PROTOCOL_TLS_SERVER);
  context.load_cert_chain(identity.certfile(), identity.keyfile());
  return context;
}

inline SSLContext client_context(const Identity& trusted = local()) {
  return create_default_context(Purpose::SERVER_AUTH, {}, {}, trusted.pem);
}

inline WrapOptions to(const std::string& name) {
  WrapOptions options;
  options.server_hostname = name;
  return options;
}

inline WrapOptions as_server(bool at_once = true) {
  WrapOptions options;
  options.server_side = true;
  options.do_handshake_on_connect = at_once;
  return options;
}

struct TlsPair {
  SSLSocket client, server;
};

inline TlsPair tls_pair(const SSLContext& ours, const SSLContext& theirs, WrapOptions options = to("localhost")) {
  auto [client, server] = connected();
  auto accepting = spawn(
      [&theirs, server = std::move(server)]() mutable { return theirs.wrap_socket(std::move(server), as_server()); });
  TlsPair pair;
  pair.client = ours.wrap_socket(std::move(client), std::move(options));
  pair.server = accepting.get();
  return pair;
}

inline TlsPair tls_pair() { return tls_pair(client_context(), server_context()); }

inline std::string receive(Socket& socket, std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string part = socket.recv(size - all.size());
    if (part.empty()) break;
    all += part;
  }
  return all;
}

// The first bytes that a client sends to "localhost".
inline std::string client_hello() {
  auto [client, server] = connected();
  WrapOptions options = to("localhost");
  options.do_handshake_on_connect = false;
  SSLSocket socket = client_context().wrap_socket(std::move(client), options);
  socket.setblocking(false);
  EXPECT_THROW(socket.do_handshake(), SSLWantReadError);
  EXPECT_TRUE(server.wait_readable());
  std::string hello;
  while (hello.find("localhost") == hello.npos || server.wait_readable(std::chrono::milliseconds(5)))
    hello += server.recv(4096);
  return hello;
}

// The text of the exception that a call throws; empty if it throws none.
template <class E>
std::string thrown(const std::function<void()>& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return {};
}

}  // namespace loquat
