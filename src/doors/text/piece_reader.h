// piece_reader.h - messages of a client that sends no line ends: a pause ends a piece.
//
// True of every call in this file:
//   Pure      Nothing here waits or reads a clock: pause() says how long the caller has to wait for more.
//   Typing    Input that comes character by character is being typed, and needs a longer pause to end.
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

inline constexpr Duration piece_pause = std::chrono::milliseconds(300);
inline constexpr Duration typing_pause = std::chrono::seconds(2);

// Decides by the arrival of its parts when a piece is over.
class PieceClock {
 public:
  // What one recv() gave.
  void feed(std::string_view part) noexcept;
  // The pause that ends the piece.
  Duration pause() const noexcept { return typed_ ? typing_pause : piece_pause; }

 private:
  bool typed_ = true;
};

class PieceReader {
 public:
  void feed(std::string_view part);
  bool empty() const noexcept { return piece_.empty(); }
  std::size_t size() const noexcept { return piece_.size(); }
  // How long to wait for more; Duration::max() if there is nothing yet, or half a character.
  Duration pause() const noexcept;
  // Ends the piece and returns it.
  std::string take() { return std::exchange(*this, {}).piece_; }

 private:
  std::string piece_;
  PieceClock clock_;
};

}  // namespace loquat::doors
