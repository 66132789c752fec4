// sim_connect.cc - connect(2) and accept(2): the handshake, and the queue of a listener.
//
// A SYN reaches the listener, which creates its end of the connection. The `open` segment of that end is the SYN-ACK.
// That of the client is the last ACK: it moves the new end to the accept queue. A SYN that a partition or a full queue
// drops is sent again after 1, 2, 4, ... 32 s; after 127 s connect gives up.
#include <cerrno>

#include "sim/sim_net.h"

namespace loquat::sim {
namespace {

constexpr Duration connect_limit = std::chrono::seconds(127);  // net.ipv4.tcp_syn_retries = 6
constexpr int max_tries = 6;

}  // namespace

std::int64_t SimNet::connect(SimSocket& socket, const sockaddr* address, socklen_t size) {
  if (socket.state == State::connecting) return -EALREADY;
  if (socket.state != State::fresh || socket.failed) return connect_again(socket);
  Name to;
  if (int error = read_name(socket.family, address, size, to); error != 0) return error;
  if (socket.is_unix()) return connect_unix(socket, to);
  any_to_loopback(to);
  if (socket.v6only && to.is_v4()) return -ENETUNREACH;
  return begin_connect(socket, to);
}

// The first call after the handshake returns its result.
std::int64_t SimNet::connect_again(SimSocket& socket) {
  if (socket.state == State::listening) return socket.is_unix() ? -EINVAL : -EISCONN;
  if (socket.failed) {
    socket.failed = false;
    int error = std::exchange(socket.error, 0);
    return error != 0 ? -error : -ECONNABORTED;
  }
  return std::exchange(socket.reported, true) ? -EISCONN : 0;
}

std::int64_t SimNet::begin_connect(SimSocket& socket, Name to) {
  Name from = to;
  from.family = socket.family;
  if (!socket.bound) {
    if (int error = ports_.bind_to_connect(socket, from); error != 0) return error;
  } else if (socket.local.is_any()) {
    socket.local.ip = to.ip;
  }
  socket.remote = to;
  socket.state = State::connecting;
  socket.reported = false;
  core_.trace.add("connect", socket.number, to.port);
  socket.began = core_.timeline.now();
  SocketNumber number = socket.number;
  core_.timeline.after(faults_.latency(socket), [this, number] { handshake(number, 0); });
  core_.timeline.after(connect_limit, [this, number] { connect_late(number); });
  return -EINPROGRESS;
}

void SimNet::connect_late(SocketNumber number) {
  SimSocket* socket = find(number);
  if (socket == nullptr || socket->state != State::connecting) return;
  if (core_.timeline.now() >= deadline_after(socket->began, connect_limit)) fail_connect(*socket, ETIMEDOUT);
}

// A SYN has arrived at its destination.
void SimNet::handshake(SocketNumber number, int tries) {
  SimSocket* client = find(number);
  if (client == nullptr || client->state != State::connecting || client->peer != 0) return;
  bool lost = faults_.blocked_until(client->local, client->remote) > core_.timeline.now();
  SimSocket* listener = lost ? nullptr : ports_.listener(client->remote);
  if (listener != nullptr) {
    std::size_t coming = listener->queue.size() + static_cast<std::size_t>(listener->handshakes);
    lost = coming > static_cast<std::size_t>(listener->backlog);
  }
  if (lost) {
    if (tries == max_tries) return;
    core_.timeline.after(std::chrono::seconds(1 << tries), [this, number, tries] { handshake(number, tries + 1); });
    return;
  }
  if (listener == nullptr || faults_.refused(client->remote)) {
    core_.timeline.at(arrival(*client), [this, number] { be_reset(number); });
    return;
  }
  SimSocket& child = make_child(*listener, *client);
  child.listener = listener->number;
  ++listener->handshakes;
  put(child, Segment::open);
}

SimSocket& SimNet::make_child(SimSocket& listener, SimSocket& client) {
  SimSocket& child = create(listener.family, listener.proto);
  child.state = State::connected;
  child.reported = true;
  child.local = client.remote;
  child.remote = client.local;
  child.local.family = child.remote.family = listener.family;
  child.peer = client.number;
  child.reuse_address = listener.reuse_address;
  child.reuse_port = listener.reuse_port;
  child.v6only = listener.v6only;
  child.linger = listener.linger;
  child.options = listener.options;
  child.send_capacity = listener.send_capacity;
  child.receive_capacity = listener.receive_capacity;
  child.latency = client.latency;
  child.out.credit = static_cast<std::int64_t>(client.receive_capacity);
  client.peer = child.number;
  client.out.credit = static_cast<std::int64_t>(child.receive_capacity);
  if (!listener.is_unix()) ports_.share(child);
  ++core_.report.connections;
  core_.trace.add("connection", client.number, child.number);
  SocketNumber number = child.number;
  if (Duration time = faults_.reset_after(); time != Duration::max()) {
    core_.timeline.after(time, [this, number] { abort(number); });
  }
  return child;
}

// An `open` segment has arrived at `end`.
void SimNet::opened(SimSocket& end) {
  if (end.state == State::connecting) {
    end.state = State::connected;
    put(end, Segment::open);
    touch(end);
    return;
  }
  SimSocket* listener = find(std::exchange(end.listener, 0));
  if (listener == nullptr || listener->state != State::listening) {
    end.closed = true;
    send_reset(end);
    return;
  }
  --listener->handshakes;
  enqueue(*listener, end);
}

void SimNet::enqueue(SimSocket& listener, SimSocket& child) {
  listener.queue.push_back(child.number);
  touch(listener);
}

void SimNet::fail_connect(SimSocket& socket, int error) {
  socket.state = State::fresh;
  socket.failed = true;
  socket.error = error;
  socket.peer = 0;
  core_.trace.add("connect failed", socket.number, static_cast<std::uint64_t>(error));
  touch(socket);
  erase_if_done(socket);
}

// Unix sockets have no handshake: connect() is done when it returns.
std::int64_t SimNet::connect_unix(SimSocket& socket, const Name& to) {
  if (to.path.empty()) return -EINVAL;
  SimSocket* listener = ports_.at_path(to.path);
  if (listener == nullptr) return to.path[0] == '\0' ? -ECONNREFUSED : -ENOENT;
  if (listener->state != State::listening || faults_.refused(to)) return -ECONNREFUSED;
  if (listener->queue.size() > static_cast<std::size_t>(listener->backlog)) return -EBUSY;
  socket.remote = listener->local;
  socket.state = State::connected;
  socket.reported = true;
  SimSocket& child = make_child(*listener, socket);
  enqueue(*listener, child);
  return 0;
}

std::int64_t SimNet::accept(SimSocket& listener, const sys::Operation& operation) {
  if (listener.state != State::listening) return -EINVAL;
  if (listener.queue.empty()) return -EAGAIN;
  SimSocket* child = find(listener.queue.front());
  int fd = give_descriptor(*child);
  if (fd < 0) return fd;
  listener.queue.pop_front();
  child->nonblocking = (operation.flags & SOCK_NONBLOCK) != 0;
  if (sys::PeerName* peer = operation.peer) {
    peer->size = sizeof(peer->address);
    write_name(child->remote, reinterpret_cast<sockaddr*>(&peer->address), &peer->size);
  }
  core_.trace.add("accept", listener.number, child->number);
  return fd;
}

}  // namespace loquat::sim
