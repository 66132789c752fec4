#include "server/acceptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include "loquat/fiber.h"
#include "loquat/group.h"

namespace loquat::server {
namespace {

constexpr Duration shortage_pause = std::chrono::milliseconds(100);
// So many in a row are not about one connection each, whatever their names say.
constexpr unsigned max_skipped = 16;
// No queue is longer unless net.core.somaxconn was raised. Clients that keep coming must not keep a server from its
// end.
constexpr int max_queued = 4096;
constexpr int queued_turns = 32;  // of the queue in a row before other fibers run

enum class Meaning { closed, not_yet, skip, shortage, failed };

Meaning meaning_of(int error) noexcept {
  switch (error) {
    case EBADF:
    case EINVAL:
      return Meaning::closed;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Meaning::shortage;
    case EAGAIN:
    case ETIMEDOUT:
      return Meaning::not_yet;
    // accept(2): errors of the new connection.
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EINTR:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
    case EPROTO:
      return Meaning::skip;
    default:
      return Meaning::failed;
  }
}

}  // namespace

// One serve(). It accepts in a fiber of its own, so that stop() can end that and nothing else of its caller.
class Acceptor::Loop {
 public:
  Loop(Acceptor& acceptor, Socket& listener, const Start& start)
      : acceptor_(acceptor), listener_(listener), start_(start) {
    const std::lock_guard lock(acceptor_.mutex_);
    too_late_ = acceptor_.stopped_;
    acceptor_.loops_.push_back(this);
  }
  ~Loop() {
    const CancelShield shield;
    const std::lock_guard lock(acceptor_.mutex_);
    std::erase(acceptor_.loops_, this);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();
  void stop() noexcept { accepting_.cancel(); }

 private:
  void accept_all();
  std::optional<Socket> next();
  std::optional<Socket> try_next();
  void start(Connection connection);
  // next() pauses before it accepts again. Logs why, the first time in a row.
  void note_shortage(const std::exception& why) noexcept;

  Acceptor& acceptor_;
  Socket& listener_;
  const Start& start_;
  bool too_late_;  // it began after stop()
  Address peer_;   // of the latest connection
  bool not_yet_ = false;
  unsigned skipped_ = 0;
  bool short_ = false;
  bool logged_ = false;
  Group accepting_;
};

void Acceptor::Loop::run() {
  if (too_late_) return;
  accepting_.spawn([this] { accept_all(); });
  accepting_.join();
  if (!acceptor_.stopped_) return;
  serve_queued(listener_, [this](Socket accepted, const Address& peer) {
    if (!acceptor_.room_->try_acquire()) return false;
    start_(Connection(acceptor_.room_, std::move(accepted)), peer);
    return true;
  });
  listener_.close();
}

void Acceptor::Loop::accept_all() {
  while (!acceptor_.stopped_) {
    std::optional<Socket> accepted = next();
    if (!accepted) return;
    acceptor_.room_->acquire();
    start(Connection(acceptor_.room_, std::move(*accepted)));
  }
}

// The next connection; nothing once the listener is closed.
std::optional<Socket> Acceptor::Loop::next() {
  for (;;) {
    if (std::exchange(short_, false)) sleep(shortage_pause);
    try {
      return try_next();
    } catch (const OSError& error) {
      const Meaning meaning = meaning_of(error.errc());
      if (meaning == Meaning::closed) return {};
      if (meaning == Meaning::failed) throw;
      not_yet_ = meaning == Meaning::not_yet;
      if (meaning == Meaning::shortage || (meaning == Meaning::skip && ++skipped_ % max_skipped == 0))
        note_shortage(error);
    } catch (const std::bad_alloc& error) {
      note_shortage(error);
    }
  }
}

std::optional<Socket> Acceptor::Loop::try_next() {
  if (std::exchange(not_yet_, false)) listener_.wait_readable();
  Socket connection = listener_.accept(peer_);
  skipped_ = 0;
  return connection;
}

// Without memory for a fiber the connection is closed.
void Acceptor::Loop::start(Connection connection) {
  try {
    start_(std::move(connection), peer_);
    logged_ = false;
  } catch (const std::bad_alloc& error) {
    note_shortage(error);
  }
}

void Acceptor::Loop::note_shortage(const std::exception& why) noexcept {
  short_ = true;
  if (std::exchange(logged_, true)) return;
  std::array<char, 256> line{};  // there may be no memory for a string
  std::snprintf(line.data(), line.size(), "%s: connections have to wait: %s", acceptor_.options_.name, why.what());
  write_log(acceptor_.options_.log, LogLevel::warning, line.data());
}

Acceptor::Acceptor(Options options) : options_(options), room_(std::make_shared<Semaphore>(options.max_connections)) {}

void Acceptor::serve(Socket& listener, const Start& start) { Loop(*this, listener, start).run(); }

void Acceptor::stop() noexcept {
  const CancelShield shield;
  stopped_ = true;
  const std::lock_guard lock(mutex_);
  for (Loop* loop : loops_) loop->stop();
}

void serve_queued(Socket& listener, const std::function<bool(Socket, const Address&)>& start) {
  for (int i = 1; i <= max_queued; ++i) {
    try {
      listener.settimeout(Duration::zero());
      Address peer;
      Socket accepted = listener.accept(peer);
      if (!start(std::move(accepted), peer)) return;
    } catch (const OSError& error) {
      if (meaning_of(error.errc()) != Meaning::skip) return;  // most often: none is left
    } catch (const std::bad_alloc&) {
      return;
    }
    if (i % queued_turns == 0) sleep(Duration::zero());
  }
}

void serve_each(std::span<Socket> listeners, const std::function<void(Socket&)>& serve) {
  Group serving;
  for (std::size_t i = 0; i < listeners.size(); ++i)
    serving.spawn_on(workers() == 0 ? 0 : i % workers(), [&, i] { serve(listeners[i]); });
  serving.join();
}

}  // namespace loquat::server
