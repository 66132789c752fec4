#include "doors/text/link.h"

#include "codec/text/utf8.h"
#include "loquat/fiber.h"
#include "net/closing.h"

namespace loquat::doors {

void TextLink::lines() noexcept {
  pieces_ = false;
  free_.set();
}

void TextLink::gathering() noexcept {
  if (pieces_) free_.clear();
}

void TextLink::spoke() noexcept {
  stream_.spoke();
  free_.set();
}

void TextLink::set_last(std::string bytes) noexcept {
  last_ = std::move(bytes);
  free_.set();
}

void TextLink::send(std::span<const std::string_view> pieces) {
  if (!pieces_) return socket_.sendall(pieces);
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::size_t end = std::min(piece.find('\n'), piece.size());
      if (pieces_)
        send_piece(piece.substr(0, end));
      else
        socket_.sendall(piece.substr(0, end + 1));
      piece.remove_prefix(std::min(end + 1, piece.size()));
    }
  }
}

void TextLink::send_piece(std::string_view line) {
  while (!line.empty()) {
    const std::size_t size = codec::utf8_cut(line, PieceStream::max_line);
    send_alone(line.substr(0, size), false);
    line.remove_prefix(size);
  }
}

// Waits until the client has finished what it is saying and has had time to read.
void TextLink::send_alone(std::string_view text, bool last) {
  for (;;) {
    free_.wait();
    const TimePoint time = stream_.earliest(text.size(), last);
    if (time <= now()) break;
    sleep(time - now());
  }
  const std::string placed = last ? std::string(text) : stream_.place(text);
  socket_.sendall(placed);
  stream_.sent(placed.size(), now());
}

void TextLink::finish() {
  if (last_.empty()) return;
  if (!pieces_) return socket_.sendall(last_);
  send_alone(stream_.fill_up(), true);
  send_alone(last_, true);
}

void TextLink::cut() noexcept { net::shutdown_quietly(socket_, SHUT_RDWR); }

}  // namespace loquat::doors
