#include <cerrno>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>

#include "loquat/fiber.h"
#include "loquat/server.h"
#include "server/serving.h"

namespace loquat {
namespace {

constexpr std::size_t max_datagram = 65'536;  // of UDP
constexpr Duration pause_after_error = std::chrono::milliseconds(100);

// An ICMP message about an earlier answer: reading it takes it away.
bool is_about_an_answer(int error) noexcept {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EMSGSIZE ||
         error == EPROTO || error == ENOPROTOOPT;
}

// After an error of recvmsg(2): returns when it is worth another try, and throws if it never is.
void wait_after(Socket& socket, const OSError& error) {
  switch (error.errc()) {
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      throw;
    case EAGAIN:
    case ETIMEDOUT:
      socket.wait_readable();
      return;
    default:
      if (!is_about_an_answer(error.errc())) sleep(pause_after_error);
  }
}

}  // namespace

class DatagramServer::State final : public server::Serving {
 public:
  State(const Address& address, Socket socket, Handler handler, const DatagramServerOptions& options)
      : Serving(options.name, options.log, options.max_handlers),
        handler_(std::move(handler)),
        given_(!socket.closed()),
        address_(address),
        socket_(std::move(socket)) {}

  const Address& address() const noexcept { return address_; }

 private:
  void open() override;
  void serve() override;
  Message receive(std::string& buffer);
  void refuse() noexcept override {}
  void release() noexcept override { socket_.close(); }

  const Handler handler_;
  const bool given_;
  Address address_;
  Socket socket_;
};

void DatagramServer::State::open() {
  if (!socket_.closed()) return;
  if (given_) throw std::logic_error("DatagramServer::start: the socket that it was given is closed");
  socket_ = Socket(address_.family(), SOCK_DGRAM);
  socket_.bind(address_);
  address_ = socket_.getsockname();
}

// A Unix datagram may be of any size: the limit is SO_SNDBUF, the sender's.
Message DatagramServer::State::receive(std::string& buffer) {
  if (address_.family() == AF_UNIX) {
    char first = 0;
    const std::size_t size = socket_.recvfrom_into(std::span(&first, 1), MSG_PEEK | MSG_TRUNC).size;
    if (size > buffer.size()) buffer.resize(size);
  }
  Message received = socket_.recvfrom_into(buffer);
  received.data.assign(buffer, 0, received.size);
  return received;
}

void DatagramServer::State::serve() {
  std::string buffer(max_datagram, '\0');
  for (;;) {
    try {
      Message received = receive(buffer);
      const Address from = received.address;
      spawn_handler(from, [this, message = std::move(received)](const Address&) { handler_(socket_, message); });
    } catch (const OSError& error) {
      wait_after(socket_, error);
    } catch (const std::bad_alloc&) {
      sleep(pause_after_error);
    }
  }
}

DatagramServer::DatagramServer(const Address& address, Handler handler, DatagramServerOptions options)
    : state_(std::make_unique<State>(address, Socket(), std::move(handler), options)) {}

DatagramServer::DatagramServer(Socket socket, Handler handler, DatagramServerOptions options) {
  const Address address = socket.getsockname();
  state_ = std::make_unique<State>(address, std::move(socket), std::move(handler), options);
}

DatagramServer::~DatagramServer() {
  const CancelShield shield;
  state_->stop(Duration::zero());
}

void DatagramServer::start() { state_->start(); }
void DatagramServer::close() noexcept { state_->close(); }
bool DatagramServer::stop(AnyDuration timeout) { return state_->stop(timeout); }
void DatagramServer::serve_forever(AnyDuration stop_timeout) { state_->serve_forever(stop_timeout); }
Address DatagramServer::address() const { return state_->address(); }

}  // namespace loquat
