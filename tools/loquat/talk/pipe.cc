#include "pipe.h"

#include <unistd.h>

#include "codec/text/utf8.h"
#include "console.h"
#include "loquat/fiber.h"
#include "loquat/file.h"
#include "loquat/sync.h"
#include "peer.h"

namespace loquat::tool {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr std::size_t max_datagram = 1200;  // fits into one packet on any path
constexpr Duration last_datagram_after = 3s;

// Makes a stream of bytes safe for a terminal. Keeps line feeds and tabs.
class SafeText {
 public:
  std::string feed(std::string_view data) {
    pending_ += data;
    const std::size_t end = pending_.size() - codec::utf8_unfinished(pending_);
    std::string safe = clean(std::string_view(pending_).substr(0, end));
    pending_.erase(0, end);
    return safe;
  }
  // The rest: an unfinished character.
  std::string end() const { return clean(pending_); }

 private:
  static std::string clean(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of("\n\t\r"), text.size());
      safe += codec::sanitize_line(text.substr(0, end));
      if (end < text.size() && text[end] != '\r') safe += text[end];
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return safe;
  }
  std::string pending_;
};

class PipeTalk {
 public:
  PipeTalk(Socket& socket, bool is_caller)
      : socket_(socket),
        is_caller_(is_caller),
        datagrams_(socket.type() == SOCK_DGRAM),
        interactive_(::isatty(STDIN_FILENO) == 1),
        to_terminal_(::isatty(STDOUT_FILENO) == 1) {}

  void run();

 private:
  void send_input();
  void write_received();
  bool receive(std::string& data);
  void failed() noexcept {
    if (!failure_) failure_ = std::current_exception();
  }
  void stop() noexcept;

  Socket& socket_;
  const bool is_caller_;
  const bool datagrams_;
  const bool interactive_;
  const bool to_terminal_;
  bool input_ended_ = false;
  TimePoint active_{};  // when the input ended, or the last datagram arrived
  std::exception_ptr failure_;
  Event received_all_;
  Fiber<> in_;
  Fiber<> out_;
};

void PipeTalk::send_input() try {
  File input(STDIN_FILENO);
  for (std::string data; !(data = input.read(datagrams_ ? max_datagram : piece)).empty();) {
    const bool goodbye = interactive_ && data == std::string(goodbye_word) + "\n";
    if (datagrams_)
      socket_.send(data);
    else
      socket_.sendall(data);
    if (goodbye) break;
  }
  if (datagrams_)
    socket_.send("");
  else
    socket_.shutdown(SHUT_WR);
  active_ = now();
  input_ended_ = true;
} catch (const OSError&) {
  failed();
  if (!out_.join_for(farewell_timeout)) received_all_.set();  // writes what the peer sent before the connection broke
}

void PipeTalk::write_received() {
  SafeText safe;
  try {
    for (std::string data; receive(data);) write_output(to_terminal_ ? safe.feed(data) : data);
    write_output(safe.end());
  } catch (const std::exception&) {
    failed();
  }
  received_all_.set();
}

// Returns false at the end of the stream.
bool PipeTalk::receive(std::string& data) {
  if (!datagrams_) return !(data = socket_.recv(piece)).empty();
  Message message;
  do {
    while (is_caller_ && !socket_.wait_readable(last_datagram_after / 10)) {
      if (input_ended_ && now() - active_ > last_datagram_after) return false;
    }
    message = socket_.recvfrom(piece);
  } while (message.address != socket_.getpeername());  // from another sender, queued before connect()
  active_ = now();
  data = std::move(message.data);
  return !data.empty();
}

void PipeTalk::run() {
  out_ = spawn([this] { write_received(); });
  in_ = spawn([this] { send_input(); });
  try {
    received_all_.wait();
    if (!failure_ && !interactive_) in_.join();
  } catch (const Cancelled&) {
    stop();
    throw;
  }
  stop();
  if (failure_) std::rethrow_exception(failure_);
}

void PipeTalk::stop() noexcept {
  CancelShield shield;
  in_.cancel();
  out_.cancel();
  in_.join();
  out_.join();
  socket_.close();
}

}  // namespace

void talk_pipe(Socket& socket, bool is_caller) { PipeTalk(socket, is_caller).run(); }

}  // namespace loquat::tool
