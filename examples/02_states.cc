// 02_states.cc - chapter 2: asks the kernel for the states of both ends of a connection, from LISTEN to the last FIN.
//
//   build/release/bin/example_02_states
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <exception>
#include <iostream>
#include <string>

#include "loquat/socket.h"

// [state]
std::string state(const loquat::Socket& socket) {
  static const char* const names[] = {"",           "ESTABLISHED", "SYN-SENT",  "SYN-RECEIVED",
                                      "FIN-WAIT-1", "FIN-WAIT-2",  "TIME-WAIT", "CLOSED",
                                      "CLOSE-WAIT", "LAST-ACK",    "LISTEN",    "CLOSING"};
  const std::string info = socket.getsockopt(IPPROTO_TCP, TCP_INFO, sizeof(tcp_info));
  return names[static_cast<unsigned char>(info[0])];  // tcpi_state is the first byte
}
// [/state]

int main() try {
  // [ends]
  auto server = loquat::create_server({"127.0.0.1", 0});
  loquat::Socket client(AF_INET, SOCK_STREAM);
  std::cout << "before:              client " << state(client) << ", listener " << state(server) << "\n";

  client.connect(server.getsockname());
  auto accepted = server.accept();
  const auto show = [&](const char* when) {
    std::cout << when << "client " << state(client) << ", server " << state(accepted) << "\n";
  };
  show("connected:           ");

  client.shutdown(SHUT_WR);  // the client's FIN: "nothing more from me"
  std::cout << "the server reads " << accepted.recv(512).size() << " bytes: end of stream\n";
  show("one side has ended:  ");

  accepted.sendall("one more thing");  // the other direction is still open
  std::cout << "the client reads: " << client.recv(512) << "\n";
  show("half closed:         ");

  accepted.shutdown(SHUT_WR);  // the server's FIN
  std::cout << "the client reads " << client.recv(512).size() << " bytes: end of stream\n";
  show("both have ended:     ");
  // [/ends]
  std::cout << "now, in another program's eyes: ss -tan sport = " << client.getsockname().port() << std::endl;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
