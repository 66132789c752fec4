// raw_uring.cc - the least that an echo server on io_uring can do: one receive or send in flight per connection.
//
//   bench_raw_uring       prints "listening on HOST:PORT"
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Connection {
  int fd;
  bool sending;
  char buffer[4096];
};

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

io_uring_sqe* entry(io_uring& ring) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  if (sqe == nullptr) {
    io_uring_submit(&ring);
    sqe = io_uring_get_sqe(&ring);
  }
  return sqe;
}

void accept_next(io_uring& ring, int server) {
  io_uring_sqe* sqe = entry(ring);
  io_uring_prep_accept(sqe, server, nullptr, nullptr, SOCK_CLOEXEC);
  io_uring_sqe_set_data(sqe, nullptr);
}

void receive(io_uring& ring, Connection* connection) {
  io_uring_sqe* sqe = entry(ring);
  connection->sending = false;
  io_uring_prep_recv(sqe, connection->fd, connection->buffer, sizeof connection->buffer, 0);
  io_uring_sqe_set_data(sqe, connection);
}

void finished(io_uring& ring, Connection* connection, int result) {
  if (result <= 0) {
    close(connection->fd);
    delete connection;
  } else if (connection->sending) {
    receive(ring, connection);
  } else {
    io_uring_sqe* sqe = entry(ring);
    connection->sending = true;
    io_uring_prep_send(sqe, connection->fd, connection->buffer, static_cast<std::size_t>(result), MSG_NOSIGNAL);
    io_uring_sqe_set_data(sqe, connection);
  }
}

}  // namespace

int main() {
  io_uring ring;
  const int status = io_uring_queue_init(1024, &ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
  if (status < 0) {
    std::fprintf(stderr, "io_uring: %s\n", std::strerror(-status));
    return 1;
  }
  const int server = listener();
  accept_next(ring, server);
  for (;;) {
    io_uring_submit_and_wait(&ring, 1);
    unsigned head, count = 0;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(&ring, head, cqe) {
      ++count;
      if (auto* connection = static_cast<Connection*>(io_uring_cqe_get_data(cqe))) {
        finished(ring, connection, cqe->res);
      } else {
        if (cqe->res >= 0) receive(ring, new Connection{cqe->res, false, {}});
        accept_next(ring, server);
      }
    }
    io_uring_cq_advance(&ring, count);
  }
}
