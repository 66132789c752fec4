// linux_side.h - runs the simulated network beside Linux: the same calls must have the same results.
//
// Layer: sim (tests only).
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "loquat/address.h"
#include "sim/sim_world.h"
#include "sys/kernel.h"

namespace loquat::sim {
using sys::Operation;
using sys::OpKind;

// A World, and a way to let what is under way arrive. Each call records its result.
struct Side {
  sys::World& world;
  std::function<void()> settle;
  std::vector<std::string> said{};

  void say(const std::string& what, std::int64_t result) {
    said.push_back(what + ": " + (result < 0 ? ::strerrorname_np(static_cast<int>(-result)) : std::to_string(result)));
  }

  int socket(int family = AF_INET) {
    int fd = world.socket(family, SOCK_STREAM, 0);
    EXPECT_GE(fd, 0);
    return fd;
  }
  void close(int fd) {
    say("close", world.close(fd));
    settle();
  }
  int bind(int fd, const Address& address) { return world.bind(fd, address.data(), address.size()); }
  Address name(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    EXPECT_EQ(world.getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size), 0);
    return Address(reinterpret_cast<sockaddr*>(&storage), size);
  }
  int listener(const Address& address = Address("127.0.0.1", 0), int backlog = 16) {
    int fd = socket(address.family());
    EXPECT_EQ(bind(fd, address), 0);
    EXPECT_EQ(world.listen(fd, backlog), 0);
    return fd;
  }
  std::int64_t connect(int fd, const Address& to) {
    Operation operation(OpKind::connect);
    operation.handle.number = fd;
    operation.address = to.data();
    operation.size = to.size();
    std::int64_t result = world.attempt(operation);
    settle();
    return result;
  }
  std::int64_t accept(int fd) {
    Operation operation(OpKind::accept);
    operation.handle.number = fd;
    return world.attempt(operation);
  }
  // Two ends of a connection: the client's, the server's.
  std::pair<int, int> connected(int listening) {
    int client = socket(name(listening).family());
    (void)connect(client, name(listening));
    int server = static_cast<int>(accept(listening));
    EXPECT_GE(server, 0);
    return {client, server};
  }
  // Sends all of `data`: the simulation sends less at a time on purpose.
  void send(int fd, std::string_view data) {
    std::int64_t total = 0;
    while (!data.empty()) {
      Operation operation(OpKind::send);
      operation.handle.number = fd;
      operation.const_data = data.data();
      operation.size = data.size();
      std::int64_t result = world.attempt(operation);
      if (result < 0) {
        say("send", result);
        return settle();
      }
      total += result;
      data.remove_prefix(static_cast<std::size_t>(result));
    }
    say("send", total);
    settle();
  }
  void recv(int fd, std::size_t size = 100, int flags = 0) {
    std::string buffer(size, '\0');
    Operation operation(OpKind::recv, flags);
    operation.handle.number = fd;
    operation.data = buffer.data();
    operation.size = size;
    std::int64_t result = world.attempt(operation);
    say("recv", result);
    if (result > 0) said.back() += " " + buffer.substr(0, static_cast<std::size_t>(result));
    settle();
  }
  void poll(int fd) {
    Operation in(OpKind::wait_in), out(OpKind::wait_out);
    in.handle.number = out.handle.number = fd;
    std::string text = "poll:";
    std::int64_t bits = std::max<std::int64_t>(world.attempt(in), 0) | std::max<std::int64_t>(world.attempt(out), 0);
    if ((bits & POLLIN) != 0) text += " in";
    if ((bits & POLLOUT) != 0) text += " out";
    if ((bits & POLLERR) != 0) text += " err";
    if ((bits & POLLHUP) != 0) text += " hup";
    said.push_back(text);
  }
  void shutdown(int fd, int how) {
    say("shutdown", world.shutdown(fd, how));
    settle();
  }
  void option(int fd, int level, int option, int value) {
    say("setsockopt", world.setsockopt(fd, level, option, &value, sizeof value));
  }
  void get(int fd, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    int result = world.getsockopt(fd, level, option, &value, &size);
    say("getsockopt", result < 0 ? result : value);
  }
  void peer(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    say("getpeername", world.getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size));
  }
  void linger_zero(int fd) {
    struct linger now {
      1, 0
    };
    say("linger", world.setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  }
};

// Runs the script in a simulation and returns its record.
inline std::vector<std::string> simulated(const std::function<void(Side&)>& script, std::uint64_t seed) {
  Core core(seed, {});
  SimWorld world(core);
  Side side{world, [&core] {
              TimePoint until = core.timeline.now() + std::chrono::milliseconds(100);
              while (core.timeline.next() <= until) {
                core.timeline.advance(core.timeline.next());
                core.timeline.run_due();
              }
              core.timeline.advance(until);
            }};
  script(side);
  return side.said;
}

// Runs the script on Linux and in twenty simulations. The kernel's loopback usually delivers within the call, but on a
// busy machine a soft interrupt may do it later: hence the pause, and a longer one if results differ.
inline void compare(const std::function<void(Side&)>& script) {
  std::vector<std::string> expected = simulated(script, 1);
  for (unsigned pause : {300u, 10'000u, 100'000u}) {
    Side linux_side{sys::kernel(), [pause] { ::usleep(pause); }};
    script(linux_side);
    if (linux_side.said != expected && pause < 100'000u) continue;
    ASSERT_EQ(expected, linux_side.said) << "the simulation, then Linux";
    break;
  }
  for (std::uint64_t seed = 2; seed <= 20; ++seed) ASSERT_EQ(simulated(script, seed), expected) << "seed " << seed;
}

}  // namespace loquat::sim
