// 05_both_ways_server.cc - chapter 5, the server: both sides may talk at any time. One thread reads the keyboard, one
// the client, and both use the same Socket. After byebye from either side the next client is served.
//
//   build/release/bin/example_05_both_ways_server 127.0.0.1:9000
#include <exception>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include "loquat/socket.h"

// [keyboard]
std::mutex client_mutex;                   // guards present_client
loquat::Socket* present_client = nullptr;  // receives the typed lines

void send_what_is_typed() {
  for (std::string line; std::getline(std::cin, line);) {
    std::lock_guard lock(client_mutex);
    try {
      if (present_client == nullptr) continue;
      present_client->sendall(line);
      if (line == "byebye") present_client->shutdown(SHUT_WR);  // the client reads end of stream, and ends too
    } catch (const loquat::OSError& error) {
      std::cout << error.what() << std::endl;
    }
  }
}
// [/keyboard]

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:9000");
  auto server = loquat::create_server({where.host, where.port}, 5);
  std::cout << "listening on " << server.getsockname().str() << std::endl;
  // [clients]
  std::thread(send_what_is_typed).detach();

  for (;;) {
    auto client = server.accept();
    std::unique_lock lock(client_mutex);
    present_client = &client;
    lock.unlock();
    try {
      for (std::string heard; !(heard = client.recv(512)).empty() && heard != "byebye";) {
        std::cout << "client: " << heard << std::endl;
      }
    } catch (const loquat::ConnectionError& error) {
      std::cout << error.what() << std::endl;
    }
    std::cout << "the client has left" << std::endl;
    lock.lock();
    present_client = nullptr;
  }
  // [/clients]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
