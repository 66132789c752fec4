#include "peer.h"

#include <utility>

#include "codec/text/utf8.h"
#include "loquat/fiber.h"

namespace loquat::tool {

using namespace std::chrono_literals;
using doors::PieceStream;

namespace {

constexpr std::size_t longest_message = 64 * 1024;  // what is longer is shown in parts
constexpr Duration message_pause = 200ms;           // less than the rest that our like makes before byebye
constexpr Duration half_character_pause = 2s;
constexpr Duration cut_message_pause = 1s;  // more than PieceStream::kRest, which our like makes before the next part

}  // namespace

TalkPeer::TalkPeer(Socket& socket, bool turns)
    : socket_(socket), datagrams_(socket.type() == SOCK_DGRAM), turns_(turns) {}

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
  if (codec::utf8_unfinished(heard_) != 0) return half_character_pause;
  return heard_.size() < PieceStream::kMaxLine - 16 ? message_pause : cut_message_pause;
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
  const std::string end = wants_line_ends() ? "\n" : "";
  if (kind_ == Kind::lines) return socket_.sendall(std::string(line) + end);
  bool continues = false;
  for (; line.size() > PieceStream::kMaxLine; continues = true) {
    const std::size_t size = codec::utf8_cut(line, PieceStream::kMaxLine);
    say_part(line.substr(0, size), continues);
    line.remove_prefix(size);
  }
  say_part(std::string(line) + end, continues);
}

// In turns nothing is to be kept apart, and a line feed would be a turn by itself.
void TalkPeer::say_part(std::string_view text, bool continues) {
  send_alone(wants_line_ends() ? text : stream_.place(text, continues || turns_), false);
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
