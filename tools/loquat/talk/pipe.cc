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
constexpr std::size_t datagram = 1200;  // fits into any path's packet
constexpr Duration last_datagram = 3s;

// Makes a stream of bytes safe for a terminal: its lines and tabs stay.
class SafeText {
 public:
  std::string feed(std::string_view data) {
    pending_ += data;
    const std::size_t end = pending_.size() - codec::utf8_unfinished(pending_);
    std::string safe = clean(std::string_view(pending_).substr(0, end));
    pending_.erase(0, end);
    return safe;
  }
  // What was the half of a character.
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
  PipeTalk(Socket& socket, bool called)
      : socket_(socket),
        called_(called),
        datagrams_(socket.type() == SOCK_DGRAM),
        person_(::isatty(STDIN_FILENO) == 1),
        to_terminal_(::isatty(STDOUT_FILENO) == 1) {}

  void run();

 private:
  void copy_in();
  void copy_out();
  bool receive(std::string& data);
  void failed() noexcept {
    if (!failure_) failure_ = std::current_exception();
  }
  void stop() noexcept;

  Socket& socket_;
  const bool called_;
  const bool datagrams_;
  const bool person_;
  const bool to_terminal_;
  bool input_ended_ = false;
  TimePoint active_{};  // when our input ended, or the last datagram came
  std::exception_ptr failure_;
  Event received_all_;
  Fiber<> in_;
  Fiber<> out_;
};

void PipeTalk::copy_in() try {
  File input(STDIN_FILENO);
  for (std::string data; !(data = input.read(datagrams_ ? datagram : piece)).empty();) {
    const bool goodbye = person_ && data == std::string(goodbye_word) + "\n";
    if (datagrams_)
      socket_.send(data);
    else
      socket_.sendall(data);
    if (goodbye) break;
  }
  datagrams_ ? void(socket_.send("")) : socket_.shutdown(SHUT_WR);
  active_ = now();
  input_ended_ = true;
} catch (const OSError&) {
  failed();
  if (!out_.join_for(last_words)) received_all_.set();  // what the peer said before it went
}

void PipeTalk::copy_out() {
  SafeText safe;
  try {
    for (std::string data; receive(data);) write_output(to_terminal_ ? safe.feed(data) : data);
    write_output(safe.end());
  } catch (const std::exception&) {
    failed();
  }
  received_all_.set();
}

// False at the end.
bool PipeTalk::receive(std::string& data) {
  if (!datagrams_) return !(data = socket_.recv(piece)).empty();
  Message message;
  do {
    while (called_ && !socket_.wait_readable(last_datagram / 10)) {
      if (input_ended_ && now() - active_ > last_datagram) return false;
    }
    message = socket_.recvfrom(piece);
  } while (message.address != socket_.getpeername());  // it came before we were connected
  active_ = now();
  data = std::move(message.data);
  return !data.empty();
}

void PipeTalk::run() {
  out_ = spawn([this] { copy_out(); });
  in_ = spawn([this] { copy_in(); });
  try {
    received_all_.wait();
    if (!failure_ && !person_) in_.join();
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

void talk_pipe(Socket& socket, bool called) { PipeTalk(socket, called).run(); }

}  // namespace loquat::tool
