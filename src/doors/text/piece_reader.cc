#include "doors/text/piece_reader.h"

#include "codec/text/utf8.h"

namespace loquat::doors {

void PieceClock::feed(std::string_view part) noexcept {
  if (codec::decode_utf8(part).length < part.size()) typed_ = false;
}

void PieceReader::feed(std::string_view part) {
  if (part.empty()) return;
  piece_ += part;
  clock_.feed(part);
}

Duration PieceReader::pause() const noexcept {
  const std::size_t tail = codec::utf8_unfinished(piece_);
  const bool half = tail != 0 && codec::is_utf8(std::string_view(piece_).substr(0, piece_.size() - tail));
  return empty() || half ? Duration::max() : clock_.pause();
}

}  // namespace loquat::doors
