// sim_net.h - the simulated network: descriptors, connections and what they carry, in memory and virtual time.
//
// One end's bytes travel as segments: queued until the peer's window takes them, then on their way for a seeded time,
// then in the peer's receive buffer. Reading opens the window again, one latency later.
//
//   Errors    A negative result is -errno, as Linux gives it (linux_stream_test.cc and linux_names_test.cc compare).
//   Waiting   Nothing waits. An operation that would have to returns -EAGAIN, and a Watcher is told when to try again.
//   Threads   One.
//
// Layer: sim.  Source: RFC 9293, tcp(7), unix(7), Linux net/ipv4/tcp.c.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/core.h"
#include "sim/faults.h"
#include "sim/ports.h"
#include "sim/sim_socket.h"
#include "sys/world.h"

namespace loquat::sim {

class SimNet {
 public:
  // Called for each change that may let an operation continue.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void touched(SocketNumber socket) = 0;
  };

  explicit SimNet(Core& core) : core_(core), faults_(core), ports_(core) {}

  void watch(Watcher* watcher) { watchers_.push_back(watcher); }
  void unwatch(Watcher* watcher) { std::erase(watchers_, watcher); }
  Faults& faults() noexcept { return faults_; }

  // --- sys::World's calls (sim_net.cc, sim_options.cc) -------------------------------------------------------------
  int socket(int family, int type, int proto);
  int bind(int fd, const sockaddr* address, socklen_t size);
  int listen(int fd, int backlog);
  int shutdown(int fd, int how);
  int getsockname(int fd, sockaddr* address, socklen_t* size);
  int getpeername(int fd, sockaddr* address, socklen_t* size);
  int getsockopt(int fd, int level, int option, void* value, socklen_t* size);
  int setsockopt(int fd, int level, int option, const void* value, socklen_t size);
  int set_nonblocking(int fd, bool on);
  int dup(int fd);
  int close(int fd);
  std::int64_t attempt(sys::Operation& operation);

  // The socket of a descriptor, or 0.
  SocketNumber number_of(int fd) const noexcept;

  // --- faults on one connection (sim_faults.cc); nothing happens if it is gone -------------------------------------
  void abort(SocketNumber socket);
  void stop_reading(SocketNumber socket, bool stop);
  void set_latency(SocketNumber socket, Duration min, Duration max);

 private:
  using Pieces = std::span<const iovec>;

  // Sockets and descriptors (sim_net.cc).
  SimSocket* find(SocketNumber number) const noexcept;
  SimSocket* at(int fd) const noexcept { return find(number_of(fd)); }
  SimSocket& create(int family, int proto);
  int give_descriptor(SimSocket& socket);
  bool set_known(SimSocket& socket, int option, int value);
  void touch(const SimSocket& socket);
  void close_last(SimSocket& socket);
  void close_listener(SimSocket& listener);
  void erase_if_done(SimSocket& socket);
  std::int64_t attempt_connect(SimSocket& socket, sys::Operation& operation);
  std::int64_t attempt_wait(const SimSocket& socket, int bits) const;

  // Connections (sim_connect.cc).
  std::int64_t connect(SimSocket& socket, const sockaddr* address, socklen_t size);
  std::int64_t connect_again(SimSocket& socket);
  std::int64_t begin_connect(SimSocket& socket, Name to);
  std::int64_t connect_unix(SimSocket& socket, const Name& to);
  void handshake(SocketNumber client, int tries);
  void connect_late(SocketNumber client);
  void opened(SimSocket& end);
  SimSocket& make_child(SimSocket& listener, SimSocket& client);
  void enqueue(SimSocket& listener, SimSocket& child);
  void fail_connect(SimSocket& socket, int error);
  std::int64_t accept(SimSocket& listener, const sys::Operation& operation);

  // Streams (sim_stream.cc).
  std::int64_t send(SimSocket& socket, Pieces pieces, int flags);
  std::int64_t recv(SimSocket& socket, Pieces pieces, int flags);
  std::int64_t send_error(SimSocket& socket);
  std::int64_t end_of_stream(SimSocket& socket);
  void pump(SimSocket& socket);
  std::size_t draw_segment(std::size_t available);
  void consume(SimSocket& socket, std::size_t size);
  void return_credit(SimSocket& socket);
  void put(SimSocket& socket, Segment::Kind kind, std::string bytes = {});
  void deliver(SocketNumber sender);
  bool held_back(SimSocket& sender, Segment& segment);
  void arrive(SimSocket& sender, Segment segment);
  void arrive_data(SimSocket& sender, SimSocket* receiver, const std::string& bytes);
  void arrive_fin(SimSocket& sender, SimSocket* receiver);
  void send_reset(SimSocket& socket);
  void answer_reset(SimSocket& sender);
  void be_reset(SocketNumber socket);
  void die(SimSocket& socket, int error);
  // When a segment that `from` sends now arrives at its peer.
  TimePoint arrival(const SimSocket& from);

  Core& core_;
  Faults faults_;
  Ports ports_;
  std::unordered_map<SocketNumber, std::unique_ptr<SimSocket>>
      sockets_;  // never iterated: its order does not depend on the seed
  std::vector<SocketNumber> descriptors_;
  std::set<int> free_descriptors_;
  std::vector<Watcher*> watchers_;
  SocketNumber last_number_ = 0;
};

}  // namespace loquat::sim
