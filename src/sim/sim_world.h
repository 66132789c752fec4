// sim_world.h - the World of a simulation: sim_net.h's network, the virtual clock, and what else a program may ask for.
//
// Layer: sim.
#pragma once

#include "sim/core.h"
#include "sim/sim_net.h"
#include "sys/world.h"

namespace loquat::sim {

class SimWorld final : public sys::World {
 public:
  explicit SimWorld(Core& core) : core_(core), net_(core) {}

  SimNet& net() noexcept { return net_; }

  int socket(int family, int type, int proto) override { return net_.socket(family, type, proto); }
  int bind(int fd, const sockaddr* address, socklen_t size) override { return net_.bind(fd, address, size); }
  int listen(int fd, int backlog) override { return net_.listen(fd, backlog); }
  int shutdown(int fd, int how) override { return net_.shutdown(fd, how); }
  int getsockname(int fd, sockaddr* address, socklen_t* size) override { return net_.getsockname(fd, address, size); }
  int getpeername(int fd, sockaddr* address, socklen_t* size) override { return net_.getpeername(fd, address, size); }
  int getsockopt(int fd, int level, int option, void* value, socklen_t* size) override {
    return net_.getsockopt(fd, level, option, value, size);
  }
  int setsockopt(int fd, int level, int option, const void* value, socklen_t size) override {
    return net_.setsockopt(fd, level, option, value, size);
  }
  int set_nonblocking(int fd, bool on) override { return net_.set_nonblocking(fd, on); }
  int dup(int fd) override { return net_.dup(fd); }
  int close(int fd) override { return net_.close(fd); }
  std::int64_t attempt(sys::Operation& operation) override { return net_.attempt(operation); }
  bool is_kernel() const noexcept override { return false; }

  TimePoint now() noexcept override { return core_.timeline.now(); }
  void random(std::span<std::byte> out) override { core_.program.fill(out); }
  // SimOptions.hosts, "localhost", and literals.
  int resolve(const char* host, const char* service, int family, int type, int flags,
              std::vector<sys::ResolvedAddress>& out) override;
  // Runs the job in this thread, as an event.
  bool offload(sys::Job* job) override;

 private:
  Core& core_;
  SimNet net_;
};

}  // namespace loquat::sim
