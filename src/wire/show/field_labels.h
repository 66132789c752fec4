// field_labels.h - what a decoder's fields are called in Chinese.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string_view>

namespace loquat::wire {

// The Chinese for the English label of a codec::Field; empty if there is none. The view is always valid.
std::string_view chinese_label(std::string_view label) noexcept;

}  // namespace loquat::wire
