// text.h - a text in both languages.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string>

namespace loquat::wire {

// English and Chinese side by side. Chinese may be empty: then English is shown.
struct Text {
  std::string en{}, zh{};
  bool empty() const { return en.empty(); }
};

}  // namespace loquat::wire
