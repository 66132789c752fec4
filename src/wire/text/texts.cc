#include "wire/text/texts.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace loquat::wire {
namespace {

std::string filled(std::string_view pattern, std::initializer_list<TextArgument> arguments,
                   std::string TextArgument::*language) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    bool is_placeholder = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}';
    std::size_t which = is_placeholder ? static_cast<std::size_t>(pattern[i + 1] - '0') : arguments.size();
    if (which >= arguments.size()) {
      text += pattern[i];
    } else {
      text += arguments.begin()[which].*language;
      i += 2;
    }
  }
  return text;
}

std::string rounded(double number, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), number < 10 && number != static_cast<int>(number) ? "%.1f %s" : "%.0f %s",
                number, unit);
  return text.data();
}

}  // namespace

Text fill(std::string_view en, std::string_view zh, std::initializer_list<TextArgument> arguments) {
  return {filled(en, arguments, &TextArgument::en), filled(zh, arguments, &TextArgument::zh)};
}

std::string duration_text(Duration time) {
  double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 1) return rounded(static_cast<double>(static_cast<int>(seconds * 1000)), "ms");
  if (seconds < 120) return rounded(seconds, "s");
  return seconds < 7200 ? rounded(seconds / 60, "min") : rounded(seconds / 3600, "h");
}

std::string bytes_text(std::uint64_t bytes) {
  auto number = static_cast<double>(bytes);
  if (bytes < 1'000'000) return rounded(number, "B");
  return bytes < 1'000'000'000 ? rounded(number / 1e6, "MB") : rounded(number / 1e9, "GB");
}

}  // namespace loquat::wire
