// bulk.cc - what moving bytes costs: a process that sends and one that receives, over loopback TCP, each on a core of
// its own.
//
//   bench_bulk WAY MIB      prints "sender NS" and "receiver NS": CPU time per MiB, user and system
//
// WAY is raw (blocking send and recv), thread (Socket in plain threads), fiber (Socket in fibers, LOQUAT_POLLER),
// openssl (SSL_write and SSL_read over a socket BIO), tls-thread, tls-fiber (SSLSocket). Plain pieces are 64 KiB, TLS
// pieces a record of 16 KiB; TLS 1.3 with TLS_AES_256_GCM_SHA384, without tickets.
#include <openssl/ssl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "loquat/run.h"
#include "loquat/tls.h"
#include "tls/certificate.h"

namespace {

using loquat::Socket;

constexpr std::size_t plain_piece = 64 * 1024, record = 16 * 1024;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

double cpu_ns() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto ns = [](const timeval& t) { return 1e9 * static_cast<double>(t.tv_sec) + 1e3 * static_cast<double>(t.tv_usec); };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

// --- the ways ------------------------------------------------------------------------------------------------------

void raw_send(int fd, std::size_t size) {
  const std::string piece(plain_piece, 'x');
  while (size > 0) {
    const ssize_t sent = ::send(fd, piece.data(), std::min(size, piece.size()), MSG_NOSIGNAL);
    if (sent < 0) give_up("send");
    size -= static_cast<std::size_t>(sent);
  }
}

void raw_receive(int fd) {
  std::string buffer(plain_piece, '\0');
  while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) continue;
}

void socket_send(Socket& socket, std::size_t size, std::size_t most) {
  const std::string piece(most, 'x');
  for (; size > 0; size -= std::min(size, most)) socket.sendall(std::string_view(piece).substr(0, size));
}

void socket_receive(Socket& socket) {
  std::string buffer(plain_piece, '\0');
  while (socket.recv_into(std::span(buffer)) > 0) continue;
}

SSL* openssl_on(int fd, const loquat::SSLContext& context, bool server) {
  SSL* ssl = SSL_new(context.native());
  SSL_set_fd(ssl, fd);
  if ((server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1) give_up("handshake");
  return ssl;
}

void openssl_send(SSL* ssl, std::size_t size) {
  const std::string piece(record, 'x');
  for (; size > 0; size -= std::min(size, record)) {
    if (SSL_write(ssl, piece.data(), static_cast<int>(std::min(size, record))) <= 0) give_up("SSL_write");
  }
}

void openssl_receive(SSL* ssl) {
  std::string buffer(plain_piece, '\0');
  while (SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size())) > 0) continue;
}

// --- both ends -----------------------------------------------------------------------------------------------------

loquat::SSLContext context_for(bool server) {
  loquat::SSLContext context(server ? loquat::PROTOCOL_TLS_SERVER : loquat::PROTOCOL_TLS_CLIENT);
  if (server) {
    const auto made = loquat::tls::make_self_signed("bench", {"localhost"}, 1);
    const std::string path = "/tmp/loquat-bulk-" + std::to_string(::getpid()) + ".pem";
    std::ofstream(path) << made.certificate << made.key;
    context.load_cert_chain(path);
    ::unlink(path.c_str());
    context.set_num_tickets(0);
  } else {
    context.set_check_hostname(false);
    context.set_verify_mode(loquat::CERT_NONE);
  }
  return context;
}

loquat::WrapOptions side(bool server) {
  loquat::WrapOptions options;
  options.server_side = server;
  return options;
}

// Runs one end and returns its CPU time. The handshake does not count.
double measured(const std::string& way, Socket socket, std::size_t size) {
  const bool sender = size > 0;
  double began = 0;
  auto timed = [&](auto move) {
    began = cpu_ns();
    move();
    return cpu_ns() - began;
  };
  if (way == "raw") return timed([&] { sender ? raw_send(socket.fileno(), size) : raw_receive(socket.fileno()); });
  auto by_socket = [&](Socket& end, std::size_t most) {
    return timed([&] { sender ? socket_send(end, size, most) : socket_receive(end); });
  };
  if (way == "thread") return by_socket(socket, plain_piece);
  if (way == "fiber") return loquat::run([&] { return by_socket(socket, plain_piece); });
  const loquat::SSLContext context = context_for(!sender);
  if (way == "openssl") {
    SSL* ssl = openssl_on(socket.fileno(), context, !sender);
    return timed([&] { sender ? openssl_send(ssl, size) : openssl_receive(ssl); });
  }
  auto by_tls = [&] {
    loquat::SSLSocket end = context.wrap_socket(std::move(socket), side(!sender));
    return by_socket(end, record);
  };
  if (way == "tls-thread") return by_tls();
  if (way == "tls-fiber") return loquat::run(by_tls);
  std::fprintf(stderr, "bench_bulk: no way '%s'\n", way.c_str());
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string way = argv[1];
  const double mib = std::atof(argv[2]);
  Socket listener = loquat::create_server({"127.0.0.1", 0});
  const auto address = listener.getsockname();
  const pid_t child = ::fork();
  auto report = [mib](const char* who, double ns) { std::printf("%s %.0f\n", who, ns / mib); };
  if (child == 0) {
    pin(static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1);
    report("receiver", measured(way, listener.accept(), 0));
    std::fflush(stdout);
    ::_exit(0);
  }
  listener.close();
  pin(0);
  Socket socket(AF_INET);
  socket.connect(address);
  report("sender", measured(way, std::move(socket), static_cast<std::size_t>(mib * 1024 * 1024)));
  std::fflush(stdout);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}
