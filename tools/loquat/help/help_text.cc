#include "help_text.h"

#include <algorithm>
#include <map>

namespace loquat::tool {
namespace {

const std::map<std::string_view, std::string_view>& chinese() {
  static const std::map<std::string_view, std::string_view> texts = {
#define HELP(en, zh) {en, zh},
#include "help.def"
#undef HELP
  };
  return texts;
}

void translate_word(std::string& line, std::string_view word) {
  const std::size_t at = line.find(word);
  if (at != std::string::npos) line.replace(at, word.size(), chinese().at(word));
}

std::string translated(std::string line) {
  if (line.starts_with("Usage:")) {
    line.erase(line.find(' '), 1);
    for (const std::string_view word : {"Usage:", "[OPTIONS]", "SUBCOMMAND"}) translate_word(line, word);
    return line;
  }
  // The text begins the line, or stands behind an option and two spaces, or one if the option is long.
  for (std::size_t at = line.find_first_not_of(' '); at != std::string::npos;
       at = line.find_first_not_of(' ', line.find(' ', at))) {
    const auto found = chinese().find(std::string_view(line).substr(at));
    if (found != chinese().end()) return line.replace(at, std::string::npos, found->second);
  }
  return line;
}

}  // namespace

std::string help_in_chinese(std::string_view help) {
  std::string out;
  while (!help.empty()) {
    const std::string_view line = help.substr(0, help.find('\n'));
    out += translated(std::string(line)) + "\n";
    help.remove_prefix(std::min(help.size(), line.size() + 1));
  }
  return out;
}

}  // namespace loquat::tool
