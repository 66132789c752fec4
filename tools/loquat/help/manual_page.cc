#include "manual_page.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/core.h>

namespace loquat::tool {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

// Escapes text for roff: hyphens can be copied, backslashes are literal, and no line starts like a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

// "-v, --verbose", "--nick NICK", "ADDR".
std::string heading(const OptionText& option) {
  std::string out;
  for (const auto& name : option.names) {
    out += (out.empty() ? "" : ", ") + (option.operand ? italic(name) : bold(name));
  }
  return option.value.empty() ? out : out + " " + italic(option.value);
}

std::string synopsis(const CommandText& command) {
  std::string out = ".SH SYNOPSIS\n" + bold(command.name);
  if (std::any_of(command.options.begin(), command.options.end(), [](const auto& o) { return !o.operand; }))
    out += " [" + italic("OPTIONS") + "]";
  for (const auto& option : command.options) {
    if (!option.operand) continue;
    const std::string name = italic(option.names.front()) + (option.repeats ? "..." : "");
    out += option.required ? " " + name : " [" + name + "]";
  }
  return out + (command.commands.empty() ? "\n" : " " + italic("COMMAND") + " ...\n");
}

std::string options(const CommandText& command) {
  std::string out;
  for (const auto& option : command.options) {
    out += ".TP\n" + heading(option) + "\n" + escaped(option.description) + "\n";
  }
  return out.empty() ? out : ".SH OPTIONS\n" + out;
}

std::string commands(const CommandText& command) {
  std::string out;
  for (const auto& below : command.commands) {
    out += ".TP\n" + bold(below.name) + "\n" + escaped(below.summary) + "\n";
  }
  return out.empty() ? out : ".SH COMMANDS\n" + out;
}

// "Examples:" starts a section. Lines that start with two spaces are commands, shown as they are; others are text.
std::string footer(std::string_view text) {
  std::string out;
  bool typed = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (typed != line.starts_with("  ")) out += typed ? ".fi\n.RE\n.PP\n" : ".RS\n.nf\n";
    typed = line.starts_with("  ");
    if (line == "Examples:" || line == "Example:") {
      out += ".SH EXAMPLES\n";
    } else {
      out += escaped(typed ? line.substr(2) : line) + "\n";
    }
  }
  if (out.empty()) return out;
  return (out.starts_with(".SH") ? "" : ".SH NOTES\n") + out + (typed ? ".fi\n.RE\n" : "");
}

std::string see_also(const CommandText& command, const CommandText& root) {
  std::string out = ".SH SEE ALSO\n";
  if (command.name != root.name) out += bold(page_name(root)) + "(1), ";
  for (const auto& other : root.commands) {
    if (other.name != command.name) out += bold(page_name(other)) + "(1), ";
  }
  out.resize(out.size() - 2);
  return out + "\n";
}

}  // namespace

std::string page_name(const CommandText& command) {
  std::string name = command.name;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string manual_page(const CommandText& command, const CommandText& root) {
  const std::string name = page_name(command);
  return fmt::format(
             ".\\\" Made by `loquat manual`.\n.TH {} 1 \"\" \"Loquat {}\" \"Loquat\"\n.nh\n.SH NAME\n{} \\- {}\n",
             escaped(upper(name)), LOQUAT_VERSION, escaped(name), escaped(command.summary)) +
         synopsis(command) + commands(command) + options(command) + footer(command.footer) +
         ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage.\n" + see_also(command, root);
}

}  // namespace loquat::tool
