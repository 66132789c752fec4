#include "doors/piece_stream.h"

#include <algorithm>

namespace loquat::doors {
namespace {

bool continues_a_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

void PieceStream::spoke() noexcept {
  if (waiting_) takes_turns_ = false;
  waiting_ = unread_ == 0;
  unread_ -= std::min<std::uint64_t>(unread_, kRead);
  if (!takes_turns_) waiting_ = false, unread_ = 0;
}

std::string PieceStream::place(std::string_view line) const {
  std::string text;
  if (unread_ > 0) text = "\n";
  const std::size_t border = kRead - unread_ % kRead;
  std::size_t spaces = 0;
  if (border > text.size() && border - text.size() < line.size()) {
    for (std::size_t at = border - text.size(); continues_a_character(line[at]); --at) ++spaces;
  }
  text.append(spaces, ' ').append(line);
  return text;
}

std::string PieceStream::fill_up() const { return std::string((kRead - unread_ % kRead) % kRead, ' '); }

TimePoint PieceStream::earliest(std::size_t size, bool last) const noexcept {
  if (last_ == TimePoint{}) return last_;
  return last_ + (last || burst_ + size > kRead ? kRest : kGap);
}

void PieceStream::sent(std::size_t size, TimePoint now) noexcept {
  if (size == 0) return;
  burst_ = now - last_ >= kRest ? size : burst_ + size;
  last_ = now;
  if (waiting_) waiting_ = false;
  else if (takes_turns_) unread_ += size;
}

}  // namespace loquat::doors
