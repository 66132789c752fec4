#include "peer.h"

#include <utility>

#include "codec/text/utf8.h"
#include "loquat/fiber.h"

namespace loquat::tool {

using namespace std::chrono_literals;
using doors::PieceStream;

namespace {

constexpr std::size_t max_message = 64 * 1024;  // a longer one is returned in parts
constexpr Duration message_pause = 200ms;       // less than the pause that loquat talk makes before byebye
constexpr Duration half_character_pause = 2s;
constexpr Duration cut_message_pause = 1s;  // more than PieceStream::rest, the pause of loquat talk between two parts

}  // namespace

TalkPeer::TalkPeer(Socket& socket, bool turns)
    : socket_(socket), datagrams_(socket.type() == SOCK_DGRAM), turns_(turns) {}

std::optional<std::string> TalkPeer::next_message() {
  for (;;) {
    if (auto line = take_line()) return line;
    if (!received_.empty() && (ended_ || datagrams_ || received_.size() >= max_message)) return take_all();
    if (ended_) return {};
    if (!socket_.wait_readable(pause())) return take_all();
    ended_ = !receive();
  }
}

// The pause that ends the message received so far.
Duration TalkPeer::pause() const {
  if (received_.empty()) return Duration::max();
  if (codec::utf8_unfinished(received_) != 0) return half_character_pause;
  return received_.size() < PieceStream::max_line - 16 ? message_pause : cut_message_pause;
}

std::optional<std::string> TalkPeer::take_line() {
  const std::size_t end = received_.find('\n');
  if (end == std::string::npos) return {};
  kind_ = Kind::lines;
  std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

// Takes what has arrived without a line end.
std::string TalkPeer::take_all() {
  if (kind_ == Kind::unknown) kind_ = Kind::pieces;
  stream_.spoke();
  if (received_.size() < max_message) return std::exchange(received_, {});
  const std::size_t end = codec::utf8_cut(received_, max_message);
  std::string part = received_.substr(0, end);
  received_.erase(0, end);
  return part;
}

// Returns false at the end of the stream.
bool TalkPeer::receive() {
  Message message;
  if (datagrams_) {
    message = socket_.recvfrom(max_message);
    if (message.address != socket_.getpeername()) return true;  // from another sender, queued before connect()
  } else {
    message.data = socket_.recv(max_message);
  }
  received_ += message.data;
  return !message.data.empty();
}

void TalkPeer::send_line(std::string_view line) {
  const std::string end = wants_line_ends() ? "\n" : "";
  if (kind_ == Kind::lines) return socket_.sendall(std::string(line) + end);
  bool continues = false;
  for (; line.size() > PieceStream::max_line; continues = true) {
    const std::size_t size = codec::utf8_cut(line, PieceStream::max_line);
    send_piece(line.substr(0, size), continues);
    line.remove_prefix(size);
  }
  send_piece(std::string(line) + end, continues);
}

// In turns, messages need no separator, and a line feed would count as a turn.
void TalkPeer::send_piece(std::string_view text, bool continues) {
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

// Waits until the peer has had time to read the piece before.
void TalkPeer::send_alone(std::string_view text, bool last) {
  if (text.empty()) return;
  if (const TimePoint time = stream_.earliest(text.size(), last); !datagrams_ && time > now()) sleep(time - now());
  socket_.sendall(text);
  stream_.sent(text.size(), now());
}

}  // namespace loquat::tool
