// load.cc - connections, the loop over them, and the clock.
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace load {

void fail(const std::string& why) {
  std::fprintf(stderr, "bench_load: %s\n", why.c_str());
  std::exit(1);
}

Arguments::Arguments(int argc, char** argv) {
  for (int i = 0; i + 1 < argc; i += 2) {
    if (std::strncmp(argv[i], "--", 2) != 0) fail(std::string("not an option: ") + argv[i]);
    values_[argv[i] + 2] = argv[i + 1];
  }
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) fail("--" + name + " is missing");
  return found->second;
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

std::size_t Arguments::number(const std::string& name) const { return std::stoul(text(name)); }

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::uint64_t cpu_ns(const std::string& pids) {
  std::uint64_t sum = 0;
  std::istringstream list(pids);
  for (std::string pid; std::getline(list, pid, ',');) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + pid + "/task")) {
      std::uint64_t ns = 0;
      if (std::ifstream(task.path() / "schedstat") >> ns) sum += ns;
    }
  }
  return sum;
}

Crowd::Crowd(const std::string& server) : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(1 << 18, '\0') {
  port_ = static_cast<std::uint16_t>(std::stoul(server.substr(server.rfind(':') + 1)));
  connections_.reserve(20'000);
}

Connection& Crowd::connect() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) {
    fail(std::string("connect: ") + std::strerror(errno));
  }
  Connection& connection = connections_.emplace_back();
  connection.fd = fd;
  connection.number = static_cast<std::uint32_t>(connections_.size() - 1);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = connection.number;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail(std::string("epoll_ctl: ") + std::strerror(errno));
  return connection;
}

void Crowd::loop(const Received& received, const std::function<bool()>& done) {
  epoll_event events[512];
  while (!done()) {
    const int count = epoll_wait(epoll_, events, 512, 20'000);
    if (count == 0) fail("the server has not answered for 20 s");
    for (int i = 0; i < count; ++i) {
      Connection& connection = connections_[events[i].data.u32];
      const ssize_t size = recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) continue;
      if (size <= 0) fail("the server closed connection " + std::to_string(connection.number));
      received(connection, {buffer_.data(), static_cast<std::size_t>(size)});
    }
  }
}

void send_all(const Connection& connection, std::string_view data) {
  while (!data.empty()) {
    const ssize_t size = send(connection.fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (size < 0) fail(std::string("send: ") + std::strerror(errno));
    data.remove_prefix(static_cast<std::size_t>(size));
  }
}

void answer_requests(const Arguments& arguments, const std::function<std::size_t(std::size_t, double)>& run) {
  const std::string pids = arguments.text("pid");
  std::puts("ready");
  std::fflush(stdout);
  std::size_t in_flight = 0;
  for (double seconds = 0; std::cin >> in_flight >> seconds;) {
    const double began = now();
    const auto cpu = cpu_ns(pids);
    const std::size_t count = run(in_flight, seconds);
    std::printf("units %zu seconds %.6f cpu %llu\n", count, now() - began,
                static_cast<unsigned long long>(cpu_ns(pids) - cpu));
    std::fflush(stdout);
  }
}

}  // namespace load
