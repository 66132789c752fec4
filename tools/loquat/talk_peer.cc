#include "talk_peer.h"

#include <utility>

#include "codec/utf8.h"
#include "doors/piece_reader.h"
#include "loquat/fiber.h"

namespace loquat::tool {

using namespace std::chrono_literals;
using doors::PieceStream;

namespace {

constexpr std::size_t longest_message = 64 * 1024;  // what is longer is shown in parts
constexpr Duration half_character_pause = 2s;

}  // namespace

TalkPeer::TalkPeer(Socket& socket) : socket_(socket), datagrams_(socket.type() == SOCK_DGRAM) {}

std::optional<std::string> TalkPeer::hear() {
  for (;;) {
    if (auto line = take_line()) return line;
    if (!heard_.empty() && (ended_ || datagrams_ || heard_.size() >= longest_message)) return take_all();
    if (ended_) return {};
    if (!socket_.wait_readable(pause())) return take_all();
    ended_ = !receive();
  }
}

// How long nothing must come until the message is over.
Duration TalkPeer::pause() const {
  if (heard_.empty()) return Duration::max();
  return codec::utf8_unfinished(heard_) == 0 ? doors::kPiecePause : half_character_pause;
}

std::optional<std::string> TalkPeer::take_line() {
  const std::size_t end = heard_.find('\n');
  if (end == std::string::npos) return {};
  kind_ = Kind::lines;
  std::string line = heard_.substr(0, end);
  heard_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

// What came without a line end.
std::string TalkPeer::take_all() {
  if (kind_ == Kind::unknown) kind_ = Kind::pieces;
  stream_.spoke();
  if (heard_.size() < longest_message) return std::exchange(heard_, {});
  const std::size_t end = codec::utf8_cut(heard_, longest_message);
  std::string part = heard_.substr(0, end);
  heard_.erase(0, end);
  return part;
}

// False at the end.
bool TalkPeer::receive() {
  Message message;
  if (datagrams_) {
    message = socket_.recvfrom(longest_message);
    if (message.address != socket_.getpeername()) return true;  // it came before we were connected
  } else {
    message.data = socket_.recv(longest_message);
  }
  heard_ += message.data;
  return !message.data.empty();
}

void TalkPeer::say(std::string_view line) {
  if (kind_ == Kind::lines) return socket_.sendall(std::string(line) + "\n");
  for (;;) {
    const std::size_t size = codec::utf8_cut(line, PieceStream::kMost);
    const bool whole = size == line.size();
    if (whole && kind_ != Kind::pieces) return send_alone(std::string(line) + "\n", false);
    send_alone(kind_ == Kind::pieces ? stream_.place(line.substr(0, size)) : line.substr(0, size), false);
    if (whole) return;
    line.remove_prefix(size);
  }
}

void TalkPeer::goodbye() {
  if (kind_ == Kind::lines) {
    socket_.sendall(std::string(goodbye_word) + "\n");
  } else {
    if (kind_ == Kind::pieces && !datagrams_) send_alone(stream_.fill_up(), true);
    send_alone(goodbye_word, true);
  }
  if (!datagrams_) socket_.shutdown(SHUT_WR);
}

// When the peer has had time to read what was sent before.
void TalkPeer::send_alone(std::string_view text, bool last) {
  if (text.empty()) return;
  if (const TimePoint time = stream_.earliest(text.size(), last); !datagrams_ && time > now()) sleep(time - now());
  socket_.sendall(text);
  stream_.sent(text.size(), now());
}

}  // namespace loquat::tool
