#include <loquat/run.h>
#include <loquat/socket.h>

int main() {
  loquat::run([] {
    auto server = loquat::create_server({"", 9000});
    for (;;)
      loquat::spawn([client = server.accept()]() mutable {
        for (std::string data; !(data = client.recv(512)).empty();) client.sendall(data);
      });
  });
}
