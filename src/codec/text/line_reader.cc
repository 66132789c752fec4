#include "codec/text/line_reader.h"

#include "codec/text/chars.h"

namespace loquat::codec {

std::optional<LineReader::Line> LineReader::next(std::string_view& bytes) {
  release_taken();
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');
    const std::string_view part = bytes.substr(0, lf);  // npos: all of it
    bytes.remove_prefix(lf == std::string_view::npos ? bytes.size() : lf + 1);
    if (skipping_) {
      skipping_ = lf == std::string_view::npos;
      continue;
    }
    if (lf != std::string_view::npos && held_.empty()) return finish(part);
    // One byte more than `max_size_` may be held: the CR of a CRLF.
    if (held_.size() + part.size() > max_size_ + 1) {
      skipping_ = lf == std::string_view::npos;
      held_ = std::string();
      return Line{Kind::too_long, {}};
    }
    held_.append(part);
    if (lf == std::string_view::npos) return std::nullopt;
    taken_ = true;
    return finish(held_);
  }
  return std::nullopt;
}

LineReader::Line LineReader::finish(std::string_view whole) noexcept {
  if (!whole.empty() && whole.back() == '\r') whole.remove_suffix(1);
  if (whole.size() > max_size_) return {Kind::too_long, {}};
  if (breaks_line(whole)) return {Kind::forbidden, {}};
  return {Kind::line, whole};
}

void LineReader::release_taken() {
  if (!taken_) return;
  taken_ = false;
  held_ = std::string();
}

void LineReader::clear() noexcept {
  held_ = std::string();
  taken_ = false;
}

}  // namespace loquat::codec
