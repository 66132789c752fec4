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
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/network/ip_address.h"
#include "doors/common/context.h"
#include "loquat/http.h"
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
  // Whether the peer is a trusted proxy. Its own connections are not counted by address.
  bool from_proxy() const noexcept { return from_proxy_; }
  // A proxy has said for whom it speaks: for `client`, or it does not say (then it is the client itself). False if that
  // address has too many connections.
  bool proxied(const std::optional<codec::Endpoint>& client);
  // The client if proxied() has been called, else nullptr. Lives as long as the visit.
  const Address* told_client() const noexcept { return client_.get(); }
  // The client's address, without its port (peers/peer.h). Throws OSError if the peer has gone.
  std::string address() const;
  // The same for the log.
  std::string origin() const;

 private:
  friend class Visits;
  Visits& visits_;
  Socket socket_;
  std::size_t worker_;
  Place place_;
  std::unique_ptr<Address> client_;  // that a proxy has told: few connections have one
  std::list<Visit*>::iterator where_{};
  bool admitted_ = false;
  bool decided_ = false;
  bool from_proxy_ = false;
};

class Visits {
 public:
  // Made inside of run(). Both outlive it.
  Visits(Context& context, http::Server& web);

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
  http::Server& web_;
  std::vector<Shard> shards_;  // by worker
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> stopping_{false};
  Event empty_;
};

}  // namespace loquat::doors
