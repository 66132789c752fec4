// raw_epoll.cc - the least that an echo server on epoll can do: the floor under any library.
//
//   bench_raw_epoll       prints "listening on HOST:PORT"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

void need(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::exit(1);
}

int listener() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  need(fd >= 0 && bind(fd, where, size) == 0 && listen(fd, 1024) == 0, "listen");
  need(getsockname(fd, where, &size) == 0, "getsockname");
  std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

void echo(int fd) {
  char buffer[4096];
  const ssize_t size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (size <= 0 || send(fd, buffer, static_cast<std::size_t>(size), MSG_NOSIGNAL) != size) close(fd);
}

}  // namespace

int main() {
  const int server = listener();
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, server);
  for (;;) {
    epoll_event events[256];
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd != server) {
        echo(events[i].data.fd);
      } else if (const int client = accept4(server, nullptr, nullptr, SOCK_CLOEXEC); client >= 0) {
        watch(epoll, client);
      }
    }
  }
}
