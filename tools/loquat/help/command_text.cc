#include "command_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <CLI/CLI.hpp>

#include "help_text.h"

namespace loquat::tool {
namespace {

// The last word of the option's name in place of CLI11's type: ROOM for --room, KEY for --tls-key.
std::string value_name(const CLI::Option& option) {
  static constexpr std::array<std::string_view, 5> types = {"TEXT", "UINT", "INT", "FLOAT", "BOOLEAN"};
  std::string type = option.get_type_name();
  if (type.ends_with(":FILE")) return "FILE";  // CLI::ExistingFile
  type = type.substr(0, type.find(':'));
  if (std::find(types.begin(), types.end(), type) == types.end()) return type;
  std::string name = option.get_lnames().empty() ? type : option.get_lnames().front();
  name.erase(0, name.rfind('-') + 1);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

OptionText describe(const CLI::Option& option) {
  OptionText text;
  text.operand = option.get_positional();
  for (const auto& name : option.get_snames()) text.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) text.names.push_back("--" + name);
  if (text.operand) text.names = {option.get_name(true)};
  const bool takes_value = option.get_items_expected_max() > 0;
  if (takes_value && !text.operand) text.value = value_name(option);
  text.description = option.get_description();
  text.required = option.get_required();
  text.repeats = takes_value && option.get_items_expected_max() > 1;
  return text;
}

class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(wire::Language language) : language_(language) {}

  std::string make_option_opts(const CLI::Option* option) const override {
    const OptionText text = describe(*option);
    return (text.value.empty() ? "" : " " + text.value) + (text.repeats ? " ..." : "") +
           (text.required && !text.operand ? " (required)" : "");
  }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    const std::string help = Formatter::make_help(app, std::move(name), mode);
    return language_ == wire::Language::zh ? help_in_chinese(help) : help;
  }

 private:
  wire::Language language_;
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter(wire::Language language) {
  return std::make_shared<HelpFormatter>(language);
}

CommandText describe(const CLI::App& app, const std::string& parents) {
  CommandText text;
  text.name = parents + app.get_name();
  text.summary = app.get_description();
  text.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options({})) {
    if (!option->get_group().empty()) text.options.push_back(describe(*option));
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty()) text.commands.push_back(describe(*command, text.name + " "));
  }
  return text;
}

}  // namespace loquat::tool
