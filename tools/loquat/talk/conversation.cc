#include "conversation.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/closing.h"

namespace loquat::tool {

using namespace std::chrono_literals;

namespace {

constexpr Duration deaf = 3s;

bool is_ip(const Socket& socket) { return socket.family() == AF_INET || socket.family() == AF_INET6; }

}  // namespace

Conversation::Conversation(Socket& socket, TalkConsole& console, Turns turns, std::string who)
    : socket_(socket),
      console_(console),
      turns_(turns),
      who_(std::move(who)),
      peer_(socket, turns != Turns::none),
      our_turn_(turns == Turns::we_first ? 1 : 0),
      peers_turn_(turns == Turns::peer_first ? 1 : 0) {
  if (is_ip(socket) && socket.type() == SOCK_STREAM) socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
}

void Conversation::run() {
  hearing_ = spawn([this] { hear_all(); });
  speaking_ = spawn([this] { speak_all(); });
  try {
    over_.wait();
  } catch (const Cancelled&) {
    leave_politely();
    throw;
  }
  CancelShield shield;
  finish(we_ended_);
  if (failure_) std::rethrow_exception(failure_);
}

void Conversation::hear_all() {
  try {
    while (auto message = peer_.hear()) {
      const bool goodbye = *message == goodbye_word;
      if (turns_ != Turns::none && !goodbye && !we_ended_) peers_turn_.acquire();
      console_.heard(who_, *message);
      if (goodbye) return over_.set();
      if (turns_ != Turns::none) our_turn_.release();
    }
    if (peer_.datagrams()) socket_.send("");  // the end, answered: see pipe.h
  } catch (const OSError&) {
    if (!we_ended_ && !failure_) failure_ = std::current_exception();
  } catch (const ConsoleError&) {
    failure_ = std::current_exception();
  }
  over_.set();
}

void Conversation::speak_all() {
  try {
    while (speak()) {
    }
    we_ended_ = true;
    peers_turn_.release();  // what is still said may come at any time
    sending_ = true;
    peer_.goodbye();
  } catch (const OSError&) {
    failure_ = std::current_exception();
    peers_turn_.release();
    (void)hearing_.join_for(last_words);  // what it said before it went
  } catch (const ConsoleError&) {
    failure_ = std::current_exception();
  }
  sending_ = false;
  over_.set();
}

// Waits for our turn and for a line, and sends it. False for byebye and at the end of the input.
bool Conversation::speak() {
  if (turns_ != Turns::none) {
    console_.ask(false, "it is not your turn: your line waits for it");
    our_turn_.acquire();
  }
  console_.ask(true);
  std::optional<std::string> line;
  do {
    line = console_.next_line();
  } while (line && line->empty() && (turns_ != Turns::none || peer_.sends_pieces()));  // nothing would be sent
  console_.said(line.value_or(std::string(goodbye_word)));
  if (!line || *line == goodbye_word) return false;
  if (!socket_.wait_writable(deaf)) console_.note("the other side is not reading: your line waits");
  sending_ = true;
  peer_.say(*line);
  sending_ = false;
  peers_turn_.release();
  return true;
}

void Conversation::finish(bool we_ended) {
  console_.ask(false);
  if (!failure_ && we_ended && !peer_.datagrams()) (void)hearing_.join_for(last_words);
  speaking_.cancel();
  hearing_.cancel();
  speaking_.join();
  hearing_.join();
  if (!failure_ && !we_ended && !peer_.datagrams()) net::close_gently(socket_);
  socket_.close();
}

// We were interrupted: byebye, unless a line of ours is stuck half-way.
void Conversation::leave_politely() noexcept {
  CancelShield shield;
  const bool stuck = sending_;
  speaking_.cancel();
  speaking_.join();
  we_ended_ = true;
  peers_turn_.release();
  try {
    if (!stuck && !over_.is_set() && socket_.wait_writable(last_words)) peer_.goodbye();
  } catch (const OSError&) {
    failure_ = std::current_exception();  // it has gone by itself
  }
  finish(!stuck);
}

}  // namespace loquat::tool
