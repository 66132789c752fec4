#include "message_text.h"

#include <array>
#include <cstdio>
#include <optional>
#include <vector>

#include <fmt/args.h>
#include <fmt/core.h>

#include "codec/text/utf8.h"

namespace loquat::tool {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 0
#define MESSAGE(en, zh) +1
#include "messages.def"
#undef MESSAGE
                     >
    messages = {{
#define MESSAGE(en, zh) {en, zh},
#include "messages.def"
#undef MESSAGE
    }};

wire::Language spoken = wire::Language::en;
constexpr int most_parts = 8;          // of a message; a name may have any number
constexpr std::size_t longest = 4096;  // bytes

// What stands in `text` at the placeholders of `pattern`, which number them in order; nothing if it does not match.
// Each stands within one part of the message, but the last one of a pattern that has several parts.
std::optional<std::vector<std::string_view>> match(std::string_view pattern, std::string_view text) {
  const std::string_view whole = pattern;
  std::vector<std::string_view> arguments;
  for (;;) {
    const std::size_t brace = pattern.find('{');
    if (!text.starts_with(pattern.substr(0, brace))) return std::nullopt;
    if (brace == std::string_view::npos) return text.size() == pattern.size() ? std::optional(arguments) : std::nullopt;
    text.remove_prefix(brace);
    pattern.remove_prefix(brace + 3);
    const std::string_view next = pattern.substr(0, pattern.find('{'));
    const std::size_t end = next.empty() ? text.size() : text.find(next);
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const bool may_be_longer = next.empty() && whole.find(": ") != std::string_view::npos;
    if (!may_be_longer && text.substr(0, end).find(": ") != std::string_view::npos) return std::nullopt;
    arguments.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

// One part of a message, or several that a pattern has together.
std::optional<std::string> part_in_chinese(std::string_view text) {
  for (const auto& [en, zh] : messages) {
    const auto found = match(en, text);
    if (!found) continue;
    fmt::dynamic_format_arg_store<fmt::format_context> arguments;
    for (const std::string_view each : *found)
      arguments.push_back(each == text ? std::string(each) : part_in_chinese(each).value_or(std::string(each)));
    return fmt::vformat(zh, arguments);
  }
  return std::nullopt;
}

std::string in_chinese(std::string_view text) {
  std::string out;
  for (int parts = 0; parts < most_parts && text.size() < longest; ++parts) {
    if (const auto whole = part_in_chinese(text)) return out + *whole;
    const std::size_t colon = text.find(": ");
    if (colon == std::string_view::npos) break;
    const std::string_view part = text.substr(0, colon);
    out += part_in_chinese(part).value_or(std::string(part)) + "：";
    text.remove_prefix(colon + 2);
  }
  return out + std::string(text);
}

}  // namespace

std::string message_text(wire::Language language, std::string_view english) {
  return language == wire::Language::zh ? in_chinese(english) : std::string(english);
}

void set_message_language(wire::Language language) noexcept { spoken = language; }

void complain(std::string_view english) { complain_as_it_is(message_text(spoken, english)); }

void complain_as_it_is(std::string_view message) { fmt::print(stderr, "loquat: {}\n", codec::sanitize_line(message)); }

}  // namespace loquat::tool
