// 06_connections.cc - chapter 6: many fibers share few connections. A BoundedSemaphore counts those that may be open, a
// LifoQueue keeps the idle ones, the warmest on top.
//
//   build/release/bin/example_06_connections
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loquat/group.h"
#include "loquat/queue.h"
#include "loquat/run.h"
#include "loquat/server.h"
#include "loquat/sync.h"

namespace {

// [connections]
class Connections {
 public:
  Connections(loquat::Address server, std::size_t most) : server_(std::move(server)), room_(most) {}

  std::string ask(const std::string& question) {
    room_.acquire();
    const std::shared_ptr<void> leave(nullptr, [this](void*) { room_.release(); });
    std::optional<loquat::Socket> socket = idle_.try_get();
    if (!socket) socket = loquat::create_connection(server_.host(), server_.port());
    socket->sendall(question);
    std::string answer = socket->recv(100);
    idle_.put(std::move(*socket));  // not after an exception: then it is closed
    return answer;
  }
  std::size_t idle() const { return idle_.size(); }

 private:
  const loquat::Address server_;
  loquat::BoundedSemaphore room_;
  loquat::LifoQueue<loquat::Socket> idle_;
};
// [/connections]

}  // namespace

int main() {
  loquat::run([] {
    loquat::StreamServer server({"127.0.0.1", 0}, [](loquat::Socket& client, const loquat::Address&) {
      for (std::string data; !(data = client.recv(100)).empty();) client.sendall(data + "!");
    });
    server.start();
    Connections connections(server.address(), 3);
    const std::vector<std::string> words{"one", "two", "three", "four", "five", "six"};
    for (const auto& answer : loquat::Pool(8).map(words, [&](const auto& word) { return connections.ask(word); }))
      std::cout << answer << "\n";
    std::cout << connections.idle() << " connections\n";
  });
}
