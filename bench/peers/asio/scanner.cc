// scanner.cc - examples/06_scanner.cc in Asio's coroutines: 50 connections at once, and one time limit for all.
#include <utility>  // before Asio, whose 1.74 forgets it

#include <boost/asio.hpp>
#include <chrono>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using asio::ip::tcp;

// One of 50 that share the ports.
asio::awaitable<void> scan(std::string host, int& next, int last) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  while (next <= last) {
    const int port = next++;
    try {
      const auto endpoints = co_await resolver.async_resolve(host, std::to_string(port), asio::use_awaitable);
      tcp::socket socket(executor);
      co_await asio::async_connect(socket, endpoints, asio::use_awaitable);
      std::cout << port << " is open\n";
    } catch (const boost::system::system_error&) {  // refused
    }
  }
}

int main(int, char** argv) {
  int next = std::stoi(argv[2]);
  const int last = std::stoi(argv[3]);
  const std::chrono::duration<double> limit(std::stod(argv[4]));
  asio::io_context context(1);
  for (int i = 0; i < 50; ++i) asio::co_spawn(context, scan(argv[1], next, last), asio::detached);
  context.run_for(std::chrono::duration_cast<std::chrono::nanoseconds>(limit));
  if (!context.stopped()) std::cout << "some ports have not answered in time\n";
}
