// language.h - in which language a person reads.
//
// Layer: wire (docs/layers.txt).  Source: setlocale(3) (LC_ALL, LC_MESSAGES, LANG).
#pragma once

#include <optional>
#include <string_view>

#include "wire/text/text.h"

namespace loquat::wire {

enum class Language : std::uint8_t { en, zh };

// "en", "zh", "zh_CN.UTF-8"; nothing for any other.
std::optional<Language> language_of(std::string_view name) noexcept;

// As the environment asks for it: LC_ALL, else LC_MESSAGES, else LANG. English if they ask for another.
Language language_of_environment() noexcept;

// The Chinese text if that is asked for and there is one, else the English. Lives as long as `text`.
std::string_view in(Language language, const Text& text) noexcept;

}  // namespace loquat::wire
