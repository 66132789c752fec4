#include "usage_error.h"

#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "message_text.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

// The command that was typed, as far as it is one: "loquat wire".
std::string typed(const CLI::App& root) {
  std::string name = root.get_name();
  for (auto chosen = root.get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
    name += " " + chosen.front()->get_name();
  return name;
}

wire::Text fault(const CLI::App& root, const CLI::Error& error) {
  const std::string_view what = error.what();
  constexpr std::string_view required = " is required";
  const std::vector<std::string> unused = root.remaining(true);
  const bool is_required = error.get_name() == "RequiredError" && what.ends_with(required);
  if (is_required && what.starts_with("A subcommand")) {
    if (unused.empty()) return wire::texts::usage_lacks_command;
    const std::string word = wire::quoted(unused.front());
    return unused.front().starts_with('-') ? wire::texts::usage_unexpected(word)
                                           : wire::texts::usage_no_such_command(word);
  }
  if (is_required) return wire::texts::usage_lacks(what.substr(0, what.size() - required.size()));
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    return wire::texts::usage_unexpected(
        wire::quoted(unused.empty() ? what.substr(what.find(": ") + 2) : unused.front()));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return wire::texts::usage_needs_value(what.substr(0, what.find(": ")));
  return wire::texts::usage_wrong(wire::Text{std::string(what), message_text(wire::Language::zh, what)});
}

}  // namespace

std::string usage_error(const CLI::App& root, const CLI::Error& error, wire::Language language) {
  return fmt::format("loquat: {}\n{}\n", in(language, fault(root, error)),
                     in(language, wire::texts::usage_see_help(typed(root))));
}

wire::Language asked_language(int argc, const char* const* argv) {
  constexpr std::string_view option = "--lang";
  wire::Language language = wire::language_of_environment();
  for (int i = 1; i < argc && argv[i] != std::string_view("--"); ++i) {
    const std::string_view word = argv[i];
    const bool joined = word.starts_with("--lang=");
    if (!joined && (word != option || i + 1 == argc)) continue;
    language = wire::language_of(joined ? word.substr(option.size() + 1) : argv[i + 1]).value_or(language);
  }
  return language;
}

}  // namespace loquat::tool
