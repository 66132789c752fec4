// The IRC door over TCP: reads lines, watches the clock.
#include "doors/irc/door.h"

#include "codec/text/line_reader.h"
#include "doors/irc/read_buffers.h"
#include "doors/irc/session.h"
#include "loquat/fiber.h"
#include "net/closing.h"
#include "net/idle.h"

namespace loquat::doors {
namespace {

constexpr Duration send_timeout = std::chrono::seconds(30);

class TcpLink final : public Link {
 public:
  explicit TcpLink(Socket& socket) : socket_(socket) {}
  void send(std::span<const std::string_view> pieces) override { socket_.sendall(pieces); }
  void finish() override { socket_.shutdown(SHUT_WR); }
  void cut() noexcept override { net::shutdown_quietly(socket_, SHUT_RDWR); }

 private:
  Socket& socket_;
};

// Lives on its fiber's stack, in the page that an idle client needs anyway.
class TcpConnection {
 public:
  TcpConnection(Context& context, Socket& socket, std::string address)
      : context_(context),
        socket_(socket),
        link_(socket),
        session_(context, link_, IrcFraming::tcp, "irc", std::move(address)),
        heard_(now()) {}

  void run(std::string first_bytes);

 private:
  bool wait();
  bool silent();
  TimePoint deadline() const;
  bool read();
  void take(std::string_view bytes);
  void take_line(const codec::LineReader::Line& line);

  Context& context_;
  Socket& socket_;
  TcpLink link_;
  IrcSession session_;
  codec::LineReader lines_{codec::IrcLimits::client_line};
  TimePoint heard_;      // when something came, or before registration when the connection began
  bool pinged_ = false;  // and nothing has come since
};

void TcpConnection::run(std::string first_bytes) {
  try {
    socket_.settimeout(send_timeout);
    take(first_bytes);
    std::string().swap(first_bytes);
    session_.settle();
    while (wait()) {
      if (read()) continue;
      session_.set_quit_text("Connection closed");
      break;
    }
  } catch (const OSError&) {
    session_.set_lost("Connection lost");
  }
  session_.drain(context_.options.ping_interval + context_.options.ping_timeout);
}

TimePoint TcpConnection::deadline() const {
  const Options& options = context_.options;
  if (session_.over()) return never;  // the sender cuts the connection in its time
  if (!session_.registered()) return deadline_after(heard_, options.registration_timeout);
  const TimePoint ping = deadline_after(heard_, options.ping_interval);
  return pinged_ ? deadline_after(ping, options.ping_timeout) : ping;
}

// Waits until there is something to read, asking a silent client whether it is there. False: it is not.
bool TcpConnection::wait() {
  for (;;) {
    const TimePoint until = deadline();
    const Duration left = until == never ? Duration::max() : until - now();
    if (left > Duration::zero()) {
      if (net::wait_readable_idle(socket_, left)) return true;
    } else if (!silent()) {
      return false;
    }
  }
}

bool TcpConnection::silent() {
  if (!session_.registered()) {
    session_.goodbye("you did not register in time");
    return true;
  }
  if (pinged_) {
    session_.set_lost("Ping timeout");
    session_.goodbye("ping timeout");
    return false;
  }
  pinged_ = true;
  session_.ping();
  return true;
}

// Reads once. False at the end of the stream.
bool TcpConnection::read() {
  ReadBuffer buffer;
  const std::size_t size = socket_.recv_into(buffer.room());
  if (size == 0) return false;
  if (session_.over()) return true;
  take({buffer.room().data(), size});
  // If more is waiting already, what that brings can share a commit with this.
  if (size == buffer.room().size() && socket_.wait_readable(Duration::zero())) {
    session_.settle_done();
  } else {
    session_.settle();
  }
  return true;
}

void TcpConnection::take(std::string_view bytes) {
  pinged_ = false;
  while (!session_.over()) {
    const auto line = lines_.next(bytes);
    if (!line) break;
    take_line(*line);
  }
  if (session_.registered()) heard_ = now();  // a flood takes long to carry out, which is no silence
}

void TcpConnection::take_line(const codec::LineReader::Line& line) {
  const bool was_registered = session_.registered();
  switch (line.kind) {
    case codec::LineReader::Kind::line:
      session_.line(line.text);
      break;
    case codec::LineReader::Kind::too_long:
      session_.refuse_line(codec::IrcError::too_long);
      break;
    case codec::LineReader::Kind::forbidden:
      session_.refuse_line(codec::IrcError::bad);
      break;
  }
  if (!was_registered && session_.registered()) heard_ = now();
}

}  // namespace

void irc_door(Context& context, Socket& socket, std::string address, std::string first_bytes) {
  const net::CloseOnExit close(socket);
  try {
    ++context.counters.irc;
    TcpConnection(context, socket, std::move(address)).run(std::move(first_bytes));
  } catch (const OSError&) {
    // It had gone before it began.
  } catch (const std::exception& error) {
    write_log(context.sink, LogLevel::warning, std::string("irc: ") + error.what());
  }
}

const std::vector<std::string>& irc_subprotocols() {
  static const std::vector<std::string> names{"text.ircv3.net", "binary.ircv3.net"};
  return names;
}

}  // namespace loquat::doors
