// sim_poller.h - a poller that behaves as epoll or as io_uring, as the seed decides.
//
// It never waits: simulate.cc moves the clock, and calls wait() when there is something to deliver. Within one run
// operations finish in start() or later in wait(), take their bytes when those arrive or in wait(), and end a cancel in
// cancel() or later. The contract (sched/poller.h) allows all of that, so a caller that relies on one choice fails
// here.
//
// Layer: sim.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "sched/poller.h"
#include "sim/sim_net.h"

namespace loquat::sim {

class SimPoller final : public sched::Poller, private SimNet::Watcher {
 public:
  SimPoller(Core& core, SimNet& net);
  ~SimPoller() override;

  bool start(sys::Operation& operation) override;
  void cancel(sys::Operation& operation) override;
  void wait(TimePoint deadline) override;
  void wake() noexcept override {}
  const char* name() const noexcept override { return "sim"; }

  // Whether wait() has something to do.
  bool has_work() const noexcept { return !touched_.empty() || !finished_.empty(); }
  // Continues operations that can, as io_uring does between two calls; wait() delivers them.
  void collect();
  // The number of operations that have no result yet.
  std::size_t pending() const noexcept { return pending_.size(); }

 private:
  using List = std::deque<sys::Operation*>;
  struct Waiting {
    List in;   // recv, recvmsg, accept, wait_in
    List out;  // send, sendmsg, connect, wait_out
    bool touched = false;
  };

  void touched(SocketNumber socket) override;
  bool has_waiting(SocketNumber socket, sys::OpKind kind);
  void retry(SocketNumber socket, List& list);
  void finish(sys::Operation& operation, std::int64_t result);
  void hand_out(sys::Operation& operation);
  static List& list_of(Waiting& waiting, sys::OpKind kind);

  Core& core_;
  SimNet& net_;
  std::unordered_map<SocketNumber, Waiting> waiting_;                // never walked
  std::unordered_map<const sys::Operation*, SocketNumber> pending_;  // never walked
  std::vector<SocketNumber> touched_;
  List finished_;
};

}  // namespace loquat::sim
