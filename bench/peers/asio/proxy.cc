// proxy.cc - examples/06_proxy.cc in Asio's coroutines. A connection ends when nothing has moved in either direction
// for a while; SIGTERM lets the others finish for ten seconds.
#include <utility>  // before Asio, whose 1.74 forgets it

#include <array>
#include <boost/asio.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

// Two sockets, which both directions and the watch share; the last of them destroys it.
struct Connection {
  explicit Connection(tcp::socket socket)
      : client(std::move(socket)), server(client.get_executor()), timer(client.get_executor()) {}
  void close() {
    client.close();
    server.close();
    timer.cancel();
  }
  tcp::socket client, server;
  asio::steady_timer timer;
  int directions = 2;
  bool moved = true;
};
using Shared = std::shared_ptr<Connection>;

asio::awaitable<void> copy(Shared both, tcp::socket& from, tcp::socket& to) try {
  std::array<char, 65536> data;
  for (error_code error;;) {
    const auto size = co_await from.async_read_some(asio::buffer(data), redirect_error(use_awaitable, error));
    if (error == asio::error::eof) break;
    if (error) throw system_error(error);
    both->moved = true;
    co_await asio::async_write(to, asio::buffer(data, size), use_awaitable);
  }
  to.shutdown(tcp::socket::shutdown_send);
  if (--both->directions == 0) both->close();
} catch (const system_error&) {
  both->close();
}

class Proxy {
 public:
  Proxy(asio::io_context& context, tcp::endpoint where, std::string host, std::string port,
        std::chrono::nanoseconds idle)
      : acceptor(context, where), host_(std::move(host)), port_(std::move(port)), idle_(idle), room_(context) {
    room_.expires_at(asio::steady_timer::time_point::max());
  }

  asio::awaitable<void> serve() try {
    for (error_code room;;) {
      while (connections_ == 1000) co_await room_.async_wait(redirect_error(use_awaitable, room));
      auto both = std::make_shared<Connection>(co_await acceptor.async_accept(use_awaitable));
      asio::co_spawn(acceptor.get_executor(), handle(std::move(both)), asio::detached);
    }
  } catch (const system_error&) {  // the acceptor is closed
  }

  tcp::acceptor acceptor;

 private:
  asio::awaitable<void> handle(Shared both) {
    ++connections_;
    try {
      tcp::resolver resolver(acceptor.get_executor());
      const auto endpoints = co_await resolver.async_resolve(host_, port_, use_awaitable);
      boost::beast::tcp_stream server(acceptor.get_executor());
      server.expires_after(std::chrono::seconds(5));
      co_await server.async_connect(endpoints, use_awaitable);
      both->server = server.release_socket();
      asio::co_spawn(acceptor.get_executor(), copy(both, both->client, both->server), asio::detached);
      asio::co_spawn(acceptor.get_executor(), copy(both, both->server, both->client), asio::detached);
      co_await watch(*both);
    } catch (const system_error& error) {
      std::cerr << error.what() << "\n";
    }
    --connections_;
    room_.cancel();
  }

  asio::awaitable<void> watch(Connection& both) {
    for (error_code closed; both.moved && !closed;) {
      both.moved = false;
      both.timer.expires_after(idle_);
      co_await both.timer.async_wait(redirect_error(use_awaitable, closed));
    }
    both.close();
  }

  std::string host_, port_;
  std::chrono::nanoseconds idle_;
  asio::steady_timer room_;  // cancelled when a connection has ended
  int connections_ = 0;
};

std::pair<std::string, std::string> parse(const std::string& text) {
  return {text.substr(0, text.rfind(':')), text.substr(text.rfind(':') + 1)};
}

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: proxy HOST:PORT TARGET:PORT SECONDS");
  const auto [host, port] = parse(argv[1]);
  const auto [target, target_port] = parse(argv[2]);
  const std::chrono::duration<double> idle(std::stod(argv[3]));
  asio::io_context context(1);
  const tcp::endpoint where(asio::ip::make_address(host), static_cast<std::uint16_t>(std::stoi(port)));
  Proxy proxy(context, where, target, target_port, std::chrono::duration_cast<std::chrono::nanoseconds>(idle));
  asio::signal_set signals(context, SIGTERM);
  signals.async_wait([&](const error_code&, int) { proxy.acceptor.close(); });
  asio::co_spawn(context, proxy.serve(), asio::detached);
  std::cout << "listening on " << proxy.acceptor.local_endpoint() << std::endl;
  while (proxy.acceptor.is_open() && context.run_one() != 0) continue;
  context.run_for(std::chrono::seconds(10));
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
