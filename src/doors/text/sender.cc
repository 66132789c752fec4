#include "doors/text/sender.h"

#include "codec/text/utf8.h"
#include "doors/text/format.h"

namespace loquat::doors {

TextSender::TextSender(Senders& senders, Socket& socket, chat::OutboxBounds bounds)
    : senders_(senders), socket_(socket), outbox_(bounds) {
  static const chat::Buffer farewell = chat::buffer(system_line("You read too slowly: too much was waiting. Goodbye."));
  outbox_.set_farewell(farewell);
  free_.set();
  idle_.set();
}

bool TextSender::push(chat::Buffer data, TimePoint time) {
  const bool taken = outbox_.push(std::move(data), time);
  wake();
  return taken;
}

void TextSender::fill(chat::Outbox::Gap gap, chat::Buffer data) {
  outbox_.fill(gap, std::move(data));
  wake();
}

void TextSender::lines() noexcept {
  pieces_ = false;
  free_.set();
}

void TextSender::gathering() noexcept {
  if (pieces_) free_.clear();
}

void TextSender::spoke() noexcept {
  stream_.spoke();
  free_.set();
}

void TextSender::wake() {
  if (!idle_.is_set() || outbox_.bytes() == 0) return;
  idle_.clear();
  senders_.add(*this);
}

void TextSender::start() {
  running_ = true;
  spawn([this] { run(); });
}

void TextSender::run() {
  struct End {
    TextSender& sender;
    ~End() {
      sender.running_ = false;
      sender.idle_.set();
    }
  } end{*this};
  try {
    std::vector<std::string_view> pieces;
    while (outbox_.bytes() > 0 && outbox_.next(pieces)) {
      if (!failed_) send(pieces);
      outbox_.sent();
    }
    if (outbox_.broken()) shut_down();
  } catch (const OSError&) {
    // The client has gone, or has taken nothing for the socket's whole timeout.
    abort();
  }
}

void TextSender::send(const std::vector<std::string_view>& pieces) {
  if (!pieces_) return socket_.sendall(pieces);
  for (std::string_view piece : pieces) {
    while (!piece.empty() && !failed_) {
      const std::size_t end = std::min(piece.find('\n'), piece.size());
      if (pieces_)
        send_piece(piece.substr(0, end));
      else
        socket_.sendall(piece.substr(0, end + 1));
      piece.remove_prefix(std::min(end + 1, piece.size()));
    }
  }
}

void TextSender::send_piece(std::string_view line) {
  while (!line.empty()) {
    const std::size_t size = codec::utf8_cut(line, PieceStream::kMost);
    send_alone(line.substr(0, size), false);
    line.remove_prefix(size);
  }
}

// Waits until the client has finished what it is saying and has had time to read.
void TextSender::send_alone(std::string_view text, bool last) {
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

void TextSender::finish(std::string_view last, Duration time) {
  free_.set();
  outbox_.close();
  wake();
  if (!idle_.wait_for(time)) return abort(), idle_.wait();
  if (failed_ || outbox_.broken() || last.empty()) return;
  try {
    if (pieces_) {
      send_alone(stream_.fill_up(), true);
      send_alone(last, true);
    } else {
      socket_.sendall(last);
    }
  } catch (const OSError&) {
    failed_ = true;
  }
}

void TextSender::abort() noexcept {
  failed_ = true;
  free_.set();
  outbox_.close();
  shut_down();
  if (running_) return;
  senders_.remove(*this);
  idle_.set();
}

void TextSender::shut_down() noexcept {
  try {
    socket_.shutdown(SHUT_RDWR);
  } catch (const OSError&) {
    // It has ended by itself.
  }
}

}  // namespace loquat::doors
