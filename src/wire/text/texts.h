// texts.h - the texts that people read, by name, in English and Chinese. texts.def lists them.
//
//   Text sentence = texts::healthy(looked, bytes_text(acked), bytes_text(received));
//   Text next = texts::read_before_close;                    // a text without placeholders
//   std::string_view label = in(language, texts::next_step);  // lives for ever
//
//   Arguments  Strings, whole numbers, durations ("41 s") and other texts. A wrong number of them does not compile.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "loquat/time.h"
#include "wire/text/language.h"

namespace loquat::wire {

// "41 s", "1.5 s", "220 ms", "3 min", "2 h".
std::string duration_text(Duration time);
// "26960 B", "1.2 MB".
std::string bytes_text(std::uint64_t bytes);

template <std::size_t placeholders>
struct TextPattern;

// What replaces a placeholder.
struct TextArgument {
  TextArgument(std::string_view both) : en(both), zh(both) {}
  TextArgument(const std::string& both) : en(both), zh(both) {}
  TextArgument(const char* both) : en(both), zh(both) {}
  TextArgument(std::integral auto number) : TextArgument(std::to_string(number)) {}
  TextArgument(Duration time) : TextArgument(duration_text(time)) {}
  TextArgument(const Text& text) : en(text.en), zh(text.zh.empty() ? text.en : text.zh) {}
  TextArgument(const TextPattern<0>& text);
  std::string en, zh;
};

// Replaces {0}, {1}, ... by the arguments. Each language has its own order.
Text fill(std::string_view en, std::string_view zh, std::initializer_list<TextArgument> arguments);

template <std::size_t placeholders>
struct TextPattern {
  template <class... Arguments>
  Text operator()(const Arguments&... arguments) const {
    static_assert(sizeof...(arguments) == placeholders, "one argument for each placeholder");
    return fill(en, zh, {TextArgument(arguments)...});
  }
  operator Text() const requires(placeholders == 0) { return {std::string(en), std::string(zh)}; }

  std::string_view en, zh;
};

inline TextArgument::TextArgument(const TextPattern<0>& text) : en(text.en), zh(text.zh) {}

constexpr std::string_view in(Language language, const TextPattern<0>& text) noexcept {
  return language == Language::zh ? text.zh : text.en;
}

// A bit for each placeholder in `pattern`.
consteval unsigned placeholders_in(std::string_view pattern) {
  unsigned found = 0;
  for (std::size_t i = 0; i + 2 < pattern.size(); ++i) {
    if (pattern[i] == '{' && pattern[i + 1] >= '0' && pattern[i + 1] <= '9' && pattern[i + 2] == '}')
      found |= 1u << (pattern[i + 1] - '0');
  }
  return found;
}

namespace texts {
#define TEXT(name, en, zh)                                                                                        \
  static_assert(placeholders_in(en) == placeholders_in(zh), #name ": both languages need the same placeholders"); \
  static_assert(std::has_single_bit(placeholders_in(en) + 1), #name ": a number is left out");                    \
  inline constexpr TextPattern<std::popcount(placeholders_in(en))> name{en, zh};
#define LABEL(en, zh)  // wire/show/field_labels.cc
#include "wire/text/texts.def"
#undef LABEL
#undef TEXT
}  // namespace texts

}  // namespace loquat::wire
