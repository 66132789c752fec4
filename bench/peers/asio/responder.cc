// responder.cc - examples/06_responder.cc in Asio's coroutines: answers datagrams. Without an argument it tests itself.
#include <utility>  // before Asio, whose 1.74 forgets it

#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using asio::ip::udp;

asio::awaitable<void> answer(udp::socket& socket) {
  std::array<char, 65536> data;
  for (;;) {
    udp::endpoint from;
    boost::system::error_code error;
    const auto size = co_await socket.async_receive_from(asio::buffer(data), from, asio::use_awaitable);
    const std::string text = "got " + std::to_string(size) + " bytes\n";
    co_await socket.async_send_to(asio::buffer(text), from, asio::redirect_error(asio::use_awaitable, error));
  }
}

asio::awaitable<void> ask(udp::endpoint server, bool& right) {
  udp::socket client(co_await asio::this_coro::executor, udp::v4());
  co_await client.async_connect(server, asio::use_awaitable);
  right = true;
  for (const std::size_t size : {5, 0, 1000}) {
    std::array<char, 100> data;
    co_await client.async_send(asio::buffer(std::string(size, 'x')), asio::use_awaitable);
    const auto received = co_await client.async_receive(asio::buffer(data), asio::use_awaitable);
    right = right && std::string(data.data(), received) == "got " + std::to_string(size) + " bytes\n";
  }
  std::cout << (right ? "all answers are right\n" : "");
  static_cast<asio::io_context&>(client.get_executor().context()).stop();
}

udp::endpoint parse(const std::string& text) {
  const auto colon = text.rfind(':');
  return {asio::ip::make_address(text.substr(0, colon)), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
}

int main(int argc, char** argv) try {
  asio::io_context context(1);
  udp::socket socket(context, argc == 1 ? udp::endpoint(asio::ip::address_v4::loopback(), 0) : parse(argv[1]));
  asio::co_spawn(context, answer(socket), asio::detached);
  if (argc == 1) {
    bool right = false;
    asio::co_spawn(context, ask(socket.local_endpoint(), right), asio::detached);
    context.run_for(std::chrono::seconds(5));
    return right ? 0 : 1;
  }
  std::cout << "listening on " << socket.local_endpoint() << std::endl;
  context.run();
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
