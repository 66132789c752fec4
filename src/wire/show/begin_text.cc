#include "wire/show/begin_text.h"

#include <array>

namespace loquat::wire {

TextPattern<0> text_of(Source source) {
  static constexpr std::array source_texts = {texts::source_captured, texts::source_kernel, texts::source_reported,
                                              texts::source_inferred, texts::source_recorded};
  return source_texts[static_cast<std::size_t>(source)];
}

std::string system_text(const std::string& system, Language language) {
  constexpr std::string_view pattern = texts::lab_system.en;
  constexpr std::size_t hole = std::string_view("{0}").size();
  constexpr std::string_view between = pattern.substr(hole, pattern.size() - 2 * hole);
  const std::size_t at = system.find(between);
  if (at == std::string::npos) return system;
  return std::string(in(language, texts::lab_system(system.substr(0, at), system.substr(at + between.size()))));
}

}  // namespace loquat::wire
