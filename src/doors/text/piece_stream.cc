#include "doors/text/piece_stream.h"

#include <algorithm>
#include <utility>

#include "codec/text/utf8.h"

namespace loquat::doors {

void PieceStream::add(Reader reader) noexcept {
  const auto end = readers_.begin() + static_cast<std::ptrdiff_t>(count_);
  if (count_ < readers && std::find(readers_.begin(), end, reader) == end) readers_[count_++] = reader;
}

void PieceStream::spoke() noexcept {
  const std::size_t count = std::exchange(count_, 0);
  if (count == 0 || readers_[0].waiting) return;
  const auto before = readers_;
  for (std::size_t i = 0; i < count; ++i) {  // it reads now
    const std::uint32_t unread = before[i].unread;
    add({unread - std::min<std::uint32_t>(unread, read), unread == 0});
  }
  if (!std::exchange(spoken_, true)) add({0, false});  // or it will, later
}

// Whether a character of `size` bytes, `at` bytes after what was sent last, would be cut by somebody's recv(512).
bool PieceStream::crosses(std::size_t at, std::size_t size) const noexcept {
  return std::any_of(
      readers_.begin(), readers_.begin() + static_cast<std::ptrdiff_t>(count_),
      [=](const Reader& reader) { return !reader.waiting && (reader.unread + at) % read + size > read; });
}

bool PieceStream::fits(std::string_view text) const noexcept {
  for (std::size_t at = 0, size; at < text.size(); at += size) {
    size = codec::decode_utf8(text.substr(at)).length;
    if (crosses(at, size)) return false;
  }
  return true;
}

std::string PieceStream::place(std::string_view line, bool continues) const {
  const std::string begin = !continues && count_ > 0 && readers_[0].unread > 0 ? "\n" : "";
  std::string text;
  for (std::size_t spaces = 0; spaces < 4; ++spaces) {
    text = begin + std::string(spaces, ' ');
    text += line;
    if (fits(text)) return text;
  }
  // Several borders that no common shift satisfies: a space before each character that needs it.
  text = begin;
  for (std::size_t at = 0, size; at < line.size(); at += size) {
    size = codec::decode_utf8(line.substr(at)).length;
    while (crosses(text.size(), size)) text += ' ';
    text += line.substr(at, size);
  }
  return text;
}

std::string PieceStream::fill_up() const {
  return count_ == 0 ? std::string() : std::string((read - readers_[0].unread % read) % read, ' ');
}

TimePoint PieceStream::earliest(std::size_t size, bool last) const noexcept {
  if (last_ == TimePoint{}) return last_;
  return last_ + (last || burst_ + size > read ? rest : gap);
}

void PieceStream::sent(std::size_t size, TimePoint now) noexcept {
  if (size == 0) return;
  burst_ = now - last_ >= rest ? size : burst_ + size;
  last_ = now;
  const std::size_t count = std::exchange(count_, 0);
  const auto before = readers_;
  for (std::size_t i = 0; i < count; ++i) {
    add({before[i].waiting ? 0 : static_cast<std::uint32_t>(before[i].unread + size), false});
  }
}

}  // namespace loquat::doors
