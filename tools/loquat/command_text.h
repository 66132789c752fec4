// command_text.h - what the command line says about itself, as plain text: the source of manual pages and completion.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class FormatterBase;
}  // namespace CLI

namespace loquat::tool {

struct OptionText {
  std::vector<std::string> names;  // "-v", "--verbose"; an operand's is its name: "ADDR"
  std::string value;               // what stands for the value: "NICK"; empty for a flag and for an operand
  std::string description;
  bool operand = false;
  bool required = false;
  bool repeats = false;
};

struct CommandText {
  std::string name;  // with the commands above it: "loquat serve"
  std::string summary;
  std::string footer;  // lines that begin with two spaces are what one types
  std::vector<OptionText> options;
  std::vector<CommandText> commands;
};

// How --help writes options: "--room ROOM", where CLI11 would write "--room TEXT:FILE Needs: --tls".
std::shared_ptr<CLI::FormatterBase> help_formatter();

// The command and all below it. `above` is the name of the commands above, with a space at its end, or empty.
CommandText describe(const CLI::App& app, const std::string& above = {});

}  // namespace loquat::tool
