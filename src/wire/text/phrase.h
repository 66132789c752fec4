// phrase.h - a sentence in two languages with figures in it.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "loquat/time.h"
#include "wire/text/text.h"

namespace loquat::wire {

// An argument: a figure or a name, the same in both languages, or a part that each says in its own.
struct Said {
  Said(std::string both) : en(both), zh(std::move(both)) {}
  Said(std::string_view both) : en(both), zh(both) {}
  Said(const Text& text) : en(text.en), zh(text.zh.empty() ? text.en : text.zh) {}
  std::string en, zh;
};

// {0}, {1}, ... stand for the arguments, in any order; each language may order them its own way.
Text phrase(std::string_view en, std::string_view zh, std::initializer_list<Said> arguments = {});

// "41 s", "1.5 s", "220 ms", "3 min", "2 h".
std::string told(Duration time);
// "26960 B", "1.2 MB".
std::string told_bytes(std::uint64_t bytes);

}  // namespace loquat::wire
