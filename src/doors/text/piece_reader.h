// piece_reader.h - messages of a client that sends no line ends: a piece ends where nothing came for a while.
//
// True of every call in this file:
//   Pure      Nothing here waits or reads a clock: pause() says how long the caller has to wait for more.
//   Typing    What comes character by character is being typed: then the pause is longer. So "a lone character waits".
//
// Layer: doors.  Source: docs/text-door.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "loquat/time.h"

namespace loquat::doors {

inline constexpr Duration kPiecePause = std::chrono::milliseconds(300);
inline constexpr Duration kTypingPause = std::chrono::seconds(2);

// When a piece is over, told by how its parts arrived.
class PieceClock {
 public:
  // What one recv() gave.
  void feed(std::string_view part) noexcept;
  // How long nothing must have come before the piece is over.
  Duration pause() const noexcept { return typed_ ? kTypingPause : kPiecePause; }

 private:
  bool typed_ = true;
};

class PieceReader {
 public:
  void feed(std::string_view part);
  bool empty() const noexcept { return piece_.empty(); }
  std::size_t size() const noexcept { return piece_.size(); }
  // How long to wait for more. Duration::max() if there is nothing yet, or half a character.
  Duration pause() const noexcept;
  // The piece, which is over now.
  std::string take() { return std::exchange(*this, {}).piece_; }

 private:
  std::string piece_;
  PieceClock clock_;
};

}  // namespace loquat::doors
