// language.h - the languages that texts are in, and which one to show.
//
// Layer: wire (docs/layers.txt).  Source: setlocale(3) (LC_ALL, LC_MESSAGES, LANG).
#pragma once

#include <optional>
#include <string_view>

#include "wire/text/text.h"

namespace loquat::wire {

enum class Language : std::uint8_t { en, zh };

// Reads "en", "zh" or a locale such as "zh_CN.UTF-8"; nothing for other languages.
std::optional<Language> language_of(std::string_view name) noexcept;

// The language that the environment asks for: LC_ALL, else LC_MESSAGES, else LANG. English for any other language.
Language language_of_environment() noexcept;

// Returns the Chinese text if `language` asks for it and it is not empty, else the English. Valid as long as `text`.
std::string_view in(Language language, const Text& text) noexcept;

}  // namespace loquat::wire
