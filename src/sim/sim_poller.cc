#include "sim/sim_poller.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace loquat::sim {
namespace {

bool never_waits(const sys::Operation& operation) {
  switch (operation.kind) {
    case sys::OpKind::recv:
    case sys::OpKind::send:
    case sys::OpKind::recvmsg:
    case sys::OpKind::sendmsg:
      return (operation.flags & MSG_DONTWAIT) != 0;
    default:
      return false;
  }
}

// Whether `result` means that the attempt has to be repeated.
bool must_wait(const sys::Operation& operation, std::int64_t result) {
  if (operation.kind == sys::OpKind::connect && result == -EINPROGRESS) return true;
  return result == -EAGAIN && !never_waits(operation);
}

}  // namespace

SimPoller::SimPoller(Core& core, SimNet& net) : core_(core), net_(net) { net_.watch(this); }
SimPoller::~SimPoller() { net_.unwatch(this); }

SimPoller::List& SimPoller::list_of(Waiting& waiting, sys::OpKind kind) {
  switch (kind) {
    case sys::OpKind::recv:
    case sys::OpKind::recvmsg:
    case sys::OpKind::accept:
    case sys::OpKind::wait_in:
      return waiting.in;
    default:
      return waiting.out;
  }
}

bool SimPoller::start(sys::Operation& operation) {
  SocketNumber socket = net_.number_of(operation.handle.number);
  bool at_once = socket == 0 || never_waits(operation) || operation.kind == sys::OpKind::connect;
  bool later = !at_once && (has_waiting(socket, operation.kind) || core_.schedule.one_in(4));
  if (!later) {
    operation.result = net_.attempt(operation);
    if (!must_wait(operation, operation.result)) return true;
  }
  list_of(waiting_[socket], operation.kind).push_back(&operation);
  pending_.emplace(&operation, socket);
  if (later) touched(socket);
  return false;
}

// An operation does not overtake earlier ones.
bool SimPoller::has_waiting(SocketNumber socket, sys::OpKind kind) {
  auto found = waiting_.find(socket);
  return found != waiting_.end() && !list_of(found->second, kind).empty();
}

void SimPoller::touched(SocketNumber socket) {
  auto found = waiting_.find(socket);
  if (found == waiting_.end() || std::exchange(found->second.touched, true)) return;
  touched_.push_back(socket);
}

void SimPoller::collect() {
  while (!touched_.empty()) {
    std::size_t choice = core_.schedule.below(touched_.size());
    SocketNumber socket = std::exchange(touched_[choice], touched_.back());
    touched_.pop_back();
    auto found = waiting_.find(socket);
    if (found == waiting_.end()) continue;
    Waiting& waiting = found->second;
    waiting.touched = false;
    retry(socket, waiting.in);
    retry(socket, waiting.out);
    if (waiting.in.empty() && waiting.out.empty() && !waiting.touched) waiting_.erase(socket);
  }
}

// Finishes, in order, the operations that no longer have to wait.
void SimPoller::retry(SocketNumber socket, List& list) {
  List again = std::exchange(list, {});
  for (sys::Operation* operation : again) {
    bool gone = net_.number_of(operation->handle.number) != socket;
    std::int64_t result = gone ? -EBADF : net_.attempt(*operation);
    if (must_wait(*operation, result)) {
      list.push_back(operation);
    } else {
      finish(*operation, result);
    }
  }
}

void SimPoller::finish(sys::Operation& operation, std::int64_t result) {
  pending_.erase(&operation);
  operation.result = result;
  finished_.push_back(&operation);
}

void SimPoller::hand_out(sys::Operation& operation) {
  core_.trace.add("done", static_cast<std::uint64_t>(operation.kind), static_cast<std::uint64_t>(operation.result));
  operation.done(&operation);
}

void SimPoller::cancel(sys::Operation& operation) {
  if (auto found = pending_.find(&operation); found != pending_.end()) {
    std::erase(list_of(waiting_[found->second], operation.kind), &operation);
    finish(operation, -ECANCELED);
  }
  auto done = std::find(finished_.begin(), finished_.end(), &operation);
  if (done == finished_.end() || core_.schedule.one_in(2)) return;
  finished_.erase(done);
  hand_out(operation);
}

void SimPoller::wait(TimePoint) {
  collect();
  while (!finished_.empty()) {
    sys::Operation& operation = *finished_.front();
    finished_.pop_front();
    hand_out(operation);
  }
}

}  // namespace loquat::sim
