#include "wire/text/language.h"

#include <cstdlib>

namespace loquat::wire {

std::optional<Language> language_of(std::string_view name) noexcept {
  const std::string_view language = name.substr(0, name.find_first_of("_.@-"));
  if (language == "en") return Language::en;
  if (language == "zh") return Language::zh;
  return std::nullopt;
}

Language language_of_environment() noexcept {
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return language_of(value).value_or(Language::en);
  }
  return Language::en;
}

std::string_view in(Language language, const Text& text) noexcept {
  return language == Language::zh && !text.zh.empty() ? text.zh : text.en;
}

}  // namespace loquat::wire
