// acceptor.h - accepts connections and has a fiber started for each: the loop of every server.
//
// True of every call in this file:
//   Errors    An error of the connection that was about to be accepted is skipped. While descriptors, memory or fibers
//             run out, serve() pauses, and logs that once until it can serve again. Any other error of accept(2) is
//             the listener's: serve() throws it as OSError.
//   Timeout   The listener's own timeout does not matter.
//   Threads   serve() in any fiber, for several listeners at once; stop() anywhere in the run.
//
// Layer: server.  Source: accept(2) "Error handling"; gevent's StreamServer.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "loquat/log.h"
#include "loquat/socket.h"
#include "loquat/sync.h"

namespace loquat::server {

class Acceptor {
 public:
  // An accepted socket. It takes its room in the limit until it is destroyed.
  class Connection {
   public:
    Connection(std::shared_ptr<Semaphore> room, Socket accepted) noexcept
        : socket(std::move(accepted)), room_(std::move(room)) {}
    Connection(Connection&&) noexcept = default;
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
      socket.close();
      if (room_) room_->release();
    }
    Socket socket;

   private:
    std::shared_ptr<Semaphore> room_;
  };
  // Starts a fiber of this worker that serves the connection. `peer` is valid for the call only.
  using Start = std::function<void(Connection, const Address& peer)>;
  struct Options {
    const char* name = "server";  // begins each line in the log
    LogSink* log = nullptr;       // nullptr: nowhere
    // Connections that are open at a time, for all listeners together. One more connection per listener may be accepted
    // and wait; the rest waits in the listeners' queues.
    std::size_t max_connections = static_cast<std::size_t>(-1);
  };

  explicit Acceptor(Options options);

  // Accepts from `listener` and calls start() for each connection. Returns after stop(), or when its owner closes the
  // listener. A connection may outlive serve() and the Acceptor.
  void serve(Socket& listener, const Start& start);

  // Ends each serve(): it first starts the connections that the kernel has queued, as far as there is room for them,
  // then closes its listener and returns. Returns at once. A serve() that is called later returns and does nothing.
  void stop() noexcept;
  bool stopped() const noexcept { return stopped_; }

 private:
  class Loop;

  const Options options_;
  const std::shared_ptr<Semaphore> room_;
  std::atomic<bool> stopped_{false};
  Mutex mutex_;
  std::vector<Loop*> loops_;  // one for each serve()
};

// Accepts the connections that the kernel has queued at `listener` and calls start() for each, until none is left or
// start() returns false. Their clients have reason to think that they are connected, and closing the listener would
// reset them. What start() does not take is closed.
void serve_queued(Socket& listener, const std::function<bool(Socket, const Address& peer)>& start);

// Calls serve(listener) in a fiber for each listener: number i on worker i % workers(). Returns when all calls have
// returned. If one throws, cancels the others and rethrows that.
void serve_each(std::span<Socket> listeners, const std::function<void(Socket&)>& serve);

}  // namespace loquat::server
