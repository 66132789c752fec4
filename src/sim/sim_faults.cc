// sim_faults.cc - faults that a test asks for on one connection.
#include <cerrno>

#include "sim/sim_net.h"

namespace loquat::sim {

void SimNet::abort(SocketNumber number) {
  SimSocket* socket = find(number);
  if (socket == nullptr || socket->state != State::connected) return;
  core_.trace.add("abort", number);
  for (SocketNumber end : {number, socket->peer}) {
    core_.timeline.after(faults_.latency(*socket), [this, end] { be_reset(end); });
  }
}

void SimNet::stop_reading(SocketNumber number, bool stop) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return;
  core_.trace.add("stop reading", number, stop ? 1 : 0);
  socket->in.stopped = stop;
  touch(*socket);
}

void SimNet::set_latency(SocketNumber number, Duration min, Duration max) {
  SimSocket* socket = find(number);
  if (socket == nullptr) return;
  socket->latency = {min, max};
  if (SimSocket* peer = find(socket->peer)) peer->latency = socket->latency;
}

}  // namespace loquat::sim
