// 07_timeouts.cc - chapter 7: a call may wait for ever, for a while, or not at all.
//
//   build/release/bin/example_07_timeouts
#include <chrono>
#include <exception>
#include <iostream>
#include <string>

#include "loquat/socket.h"

using namespace std::chrono_literals;

int main() try {
  auto server = loquat::create_server({"127.0.0.1", 0});
  auto client = loquat::create_connection("127.0.0.1", server.getsockname().port());
  auto peer = server.accept();

  // [timeouts]
  client.settimeout(50ms);
  try {
    client.recv(512);  // nobody has sent anything
  } catch (const loquat::TimeoutError& error) {
    std::cout << error.what() << "\n";
  }

  client.setblocking(false);  // the same as settimeout(0s)
  try {
    client.recv(512);
  } catch (const loquat::BlockingIOError& error) {
    std::cout << error.what() << "\n";
  }

  client.settimeout({});  // no timeout, as at first
  peer.sendall("late, but the socket still works");
  std::cout << client.recv(512) << "\n";

  // The timeout covers the whole call. Nobody reads, so the kernel's buffers fill, and sendall() stops half way.
  client.settimeout(50ms);
  try {
    client.sendall(std::string(10'000'000, 'x'));
  } catch (const loquat::TimeoutError& error) {
    std::cout << (error.done() > 0 && error.done() < 10'000'000 ? "some bytes went, not all" : "?") << "\n";
  }
  // [/timeouts]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
