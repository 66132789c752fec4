#include "conversation.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/closing.h"

namespace loquat::tool {

using namespace std::chrono_literals;

namespace {

constexpr Duration stalled_after = 3s;  // without room in the send buffer

bool is_ip(const Socket& socket) { return socket.family() == AF_INET || socket.family() == AF_INET6; }

}  // namespace

Conversation::Conversation(Socket& socket, TalkConsole& console, Turns turns, std::string peer_name)
    : socket_(socket),
      console_(console),
      turns_(turns),
      peer_name_(std::move(peer_name)),
      peer_(socket, turns != Turns::none),
      our_turn_(turns == Turns::we_first ? 1 : 0),
      peers_turn_(turns == Turns::peer_first ? 1 : 0) {
  if (is_ip(socket) && socket.type() == SOCK_STREAM) socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
}

void Conversation::run() {
  receiver_ = spawn([this] { receive_all(); });
  sender_ = spawn([this] { send_all(); });
  try {
    over_.wait();
  } catch (const Cancelled&) {
    say_byebye();
    throw;
  }
  CancelShield shield;
  finish(we_ended_);
  if (failure_) std::rethrow_exception(failure_);
}

void Conversation::receive_all() {
  try {
    while (auto message = peer_.next_message()) {
      const bool goodbye = *message == goodbye_word;
      if (turns_ != Turns::none && !goodbye && !we_ended_) peers_turn_.acquire();
      console_.show_peers(peer_name_, *message);
      if (goodbye) return over_.set();
      if (turns_ != Turns::none) our_turn_.release();
    }
    if (peer_.datagrams()) socket_.send("");  // answers the peer's end: see pipe.h
  } catch (const OSError&) {
    if (!we_ended_ && !failure_) failure_ = std::current_exception();
  } catch (const ConsoleError&) {
    failure_ = std::current_exception();
  }
  over_.set();
}

void Conversation::send_all() {
  try {
    while (send_line()) {
    }
    we_ended_ = true;
    peers_turn_.release();  // from now on its messages are shown at any time
    sending_ = true;
    peer_.goodbye();
  } catch (const OSError&) {
    failure_ = std::current_exception();
    peers_turn_.release();
    (void)receiver_.join_for(farewell_timeout);  // shows what the peer sent before the connection broke
  } catch (const ConsoleError&) {
    failure_ = std::current_exception();
  }
  sending_ = false;
  over_.set();
}

// Waits for our turn, reads a line and sends it. Returns false for byebye and at the end of the input.
bool Conversation::send_line() {
  if (turns_ != Turns::none) {
    console_.ask(false, "it is not your turn: your line waits for it");
    our_turn_.acquire();
  }
  console_.ask(true);
  std::optional<std::string> line;
  do {
    line = console_.next_line();
  } while (line && line->empty() && (turns_ != Turns::none || peer_.sends_pieces()));  // no byte would be sent
  console_.show_own(line.value_or(std::string(goodbye_word)));
  if (!line || *line == goodbye_word) return false;
  if (!socket_.wait_writable(stalled_after)) console_.note("the other side is not reading: your line waits");
  sending_ = true;
  peer_.send_line(*line);
  sending_ = false;
  peers_turn_.release();
  return true;
}

void Conversation::finish(bool we_ended) {
  console_.ask(false);
  if (!failure_ && we_ended && !peer_.datagrams()) (void)receiver_.join_for(farewell_timeout);
  sender_.cancel();
  receiver_.cancel();
  sender_.join();
  receiver_.join();
  if (!failure_ && !we_ended && !peer_.datagrams()) net::close_gently(socket_);
  socket_.close();
}

// The run was cancelled: says byebye, unless a line is half sent.
void Conversation::say_byebye() noexcept {
  CancelShield shield;
  const bool stuck = sending_;
  sender_.cancel();
  sender_.join();
  we_ended_ = true;
  peers_turn_.release();
  try {
    if (!stuck && !over_.is_set() && socket_.wait_writable(farewell_timeout)) peer_.goodbye();
  } catch (const OSError&) {
    failure_ = std::current_exception();  // the peer has closed the connection
  }
  finish(!stuck);
}

}  // namespace loquat::tool
