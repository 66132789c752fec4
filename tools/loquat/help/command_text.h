// command_text.h - the command line as data: names, options and descriptions, for manual pages and completion.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wire/text/language.h"

namespace CLI {
class App;
class FormatterBase;
}  // namespace CLI

namespace loquat::tool {

struct OptionText {
  std::vector<std::string> names;  // "-v", "--verbose"; or an operand's name: "ADDR"
  std::string value;               // the value's placeholder: "NICK"; empty for a flag or an operand
  std::string description;
  bool operand = false;
  bool required = false;
  bool repeats = false;
};

struct CommandText {
  std::string name;  // with its parent commands: "loquat serve"
  std::string summary;
  std::string footer;  // lines that start with two spaces are commands to type
  std::vector<OptionText> options;
  std::vector<CommandText> commands;
};

// Formats options for --help as "--room ROOM"; CLI11's own formatter writes "--room TEXT:FILE Needs: --tls".
std::shared_ptr<CLI::FormatterBase> help_formatter(wire::Language language);

// Describes a command and its subcommands. `parents` is empty, or the parent commands' names and a space: "loquat ".
CommandText describe(const CLI::App& app, const std::string& parents = {});

}  // namespace loquat::tool
