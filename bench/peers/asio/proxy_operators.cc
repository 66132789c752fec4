// proxy_operators.cc - proxy.cc with what Boost has had since 1.77: operators that join coroutines, and cancel them.
#include <array>
#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;
using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> wait(std::chrono::nanoseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(use_awaitable);
}

asio::awaitable<void> copy(tcp::socket& from, tcp::socket& to, bool& moved) {
  std::array<char, 65536> data;
  for (;;) {
    const auto [error, size] = co_await from.async_read_some(asio::buffer(data), as_tuple(use_awaitable));
    if (error == asio::error::eof) break;
    if (error) throw boost::system::system_error(error);
    moved = true;
    co_await asio::async_write(to, asio::buffer(data, size), use_awaitable);
  }
  to.shutdown(tcp::socket::shutdown_send);
}

asio::awaitable<void> watch(std::chrono::nanoseconds idle, bool& moved) {
  for (; moved; co_await wait(idle)) moved = false;
}

class Proxy {
 public:
  Proxy(asio::io_context& context, tcp::endpoint where, std::string host, std::string port,
        std::chrono::nanoseconds idle)
      : acceptor(context, where), host_(std::move(host)), port_(std::move(port)), idle_(idle), room_(context) {
    room_.expires_at(asio::steady_timer::time_point::max());
  }

  asio::awaitable<void> serve() try {
    for (;;) {
      while (connections_ == 1000) co_await room_.async_wait(as_tuple(use_awaitable));
      auto client = co_await acceptor.async_accept(use_awaitable);
      ++connections_;
      asio::co_spawn(acceptor.get_executor(), handle(std::move(client)), [this](std::exception_ptr) {
        --connections_;
        room_.cancel();
      });
    }
  } catch (const boost::system::system_error&) {  // the acceptor is closed
  }

  tcp::acceptor acceptor;

 private:
  asio::awaitable<void> handle(tcp::socket client) try {
    tcp::socket server(acceptor.get_executor());
    tcp::resolver resolver(acceptor.get_executor());
    const auto endpoints = co_await resolver.async_resolve(host_, port_, use_awaitable);
    const auto first =
        co_await (asio::async_connect(server, endpoints, use_awaitable) || wait(std::chrono::seconds(5)));
    if (first.index() == 1) throw boost::system::system_error(asio::error::timed_out);
    bool moved = true;
    co_await ((copy(client, server, moved) && copy(server, client, moved)) || watch(idle_, moved));
  } catch (const boost::system::system_error& error) {
    std::cerr << error.what() << "\n";
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
  signals.async_wait([&](const boost::system::error_code&, int) { proxy.acceptor.close(); });
  asio::co_spawn(context, proxy.serve(), asio::detached);
  std::cout << "listening on " << proxy.acceptor.local_endpoint() << std::endl;
  while (proxy.acceptor.is_open() && context.run_one() != 0) continue;
  context.run_for(std::chrono::seconds(10));
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
