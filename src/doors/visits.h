// visits.h - counts the connections: in all, per address, and those whose protocol is not known yet.
//
//   Threads   A Visit lives on one worker, in its connection's fiber. The counts are shared by all.
//
// Layer: doors.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "doors/common/context.h"
#include "loquat/socket.h"
#include "loquat/sync.h"

namespace loquat::doors {

class Visits;

// One connection, from its start to its end. Undecided until decided() is called.
class Visit {
 public:
  Visit(Visits& visits, Socket socket);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // Whether it is within the limits and the front has not stopped.
  bool admitted() const noexcept { return admitted_; }
  Socket& socket() noexcept { return socket_; }
  // Its protocol is known.
  void decided() noexcept;
  bool is_decided() const noexcept { return decided_; }
  // The peer's address for the log: without its port.
  std::string origin() const;

 private:
  friend class Visits;
  Visits& visits_;
  Socket socket_;
  std::size_t worker_;
  std::string place_;  // the key of the peer's address; empty: exempt
  std::list<Visit*>::iterator where_{};
  bool admitted_ = false;
  bool decided_ = false;
};

class Visits {
 public:
  // Made inside of run().
  explicit Visits(Context& context);

  std::size_t open() const noexcept { return open_; }
  bool stopping() const noexcept { return stopping_; }
  // From now on no connection is admitted. False if stop() had been called before.
  bool stop() noexcept;
  // After stop(): waits until open() is 0.
  bool wait_empty(Duration timeout) { return empty_.wait_for(timeout); }

  // Calls body() on each worker and waits for that.
  static void on_each_worker(const std::function<void()>& body);
  // Shuts down this worker's connections: those that are undecided, or all.
  void shut_down(bool all) noexcept;

 private:
  friend class Visit;
  struct Shard {
    std::list<Visit*> undecided;  // the oldest first
    std::list<Visit*> decided;
  };
  bool admit(Visit& visit);
  void leave(Visit& visit) noexcept;

  Context& context_;
  std::vector<Shard> shards_;  // by worker
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> stopping_{false};
  Event empty_;
  std::mutex places_mutex_;
  std::unordered_map<std::string, std::size_t> places_;  // connections by address
};

}  // namespace loquat::doors
