#include "completion.h"

#include <functional>
#include <string_view>

#include <fmt/core.h>

namespace loquat::tool {
namespace {

// Puts `text` into single quotes. Only fish treats a backslash inside them as an escape.
std::string shell_quoted(std::string_view text, bool fish = false) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += fish ? "\\'" : "'\\''";
    } else {
      if (c == '\\' && fish) out += '\\';
      out += c;
    }
  }
  return out + "'";
}

void for_each_command(const CommandText& command, const std::function<void(const CommandText&)>& visit) {
  visit(command);
  for (const auto& below : command.commands) for_each_command(below, visit);
}

std::string last_word(const CommandText& command) { return command.name.substr(command.name.rfind(' ') + 1); }

// The names of all subcommands as the pattern of a case: 'loquat serve'|'loquat join'.
std::string subcommand_patterns(const CommandText& root) {
  std::string out;
  for_each_command(root, [&](const CommandText& command) {
    if (&command != &root) out += (out.empty() ? "" : "|") + shell_quoted(command.name);
  });
  return out;
}

// The options that take a value, each between spaces.
std::string options_with_value(const CommandText& command) {
  std::string out = " ";
  for (const auto& option : command.options) {
    if (option.value.empty()) continue;
    for (const auto& name : option.names) out += name + " ";
  }
  return out;
}

// Calls visit(word, description) for each word that may follow the command.
void for_each_word(const CommandText& command,
                   const std::function<void(const std::string&, const std::string&)>& visit) {
  for (const auto& below : command.commands) visit(last_word(below), below.summary);
  for (const auto& option : command.options) {
    for (const auto& name : option.names) {
      if (!option.operand) visit(name, option.description);
    }
  }
}

std::string zsh_item(const std::string& word, const std::string& description) {
  std::string escaped;
  for (const char c : description) escaped += c == ':' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return shell_quoted(word + ":" + escaped);
}

constexpr std::string_view bash_end =
    "  esac\n"
    "  [[ $values != *\" ${COMP_WORDS[COMP_CWORD - 1]} \"* ]] || return 0 # a value: readline completes files\n"
    "  mapfile -t COMPREPLY < <(compgen -W \"$next\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
    "}\n"
    "complete -o default -F _loquat loquat\n";

constexpr std::string_view zsh_end =
    "  esac\n"
    "  if [[ $values == *\" ${words[CURRENT - 1]} \"* ]]; then\n"
    "    _files\n"
    "  else\n"
    "    _describe loquat next\n"
    "  fi\n"
    "}\n"
    "_loquat \"$@\"\n";

}  // namespace

std::string bash_completion(const CommandText& root) {
  std::string out = fmt::format(
      "# Made by `loquat completion bash`.\n_loquat() {{\n  local at=loquat next='' values='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$at ${{COMP_WORDS[i]}}\" in\n"
      "      {}) at+=\" ${{COMP_WORDS[i]}}\" ;;\n    esac\n  done\n  case $at in\n",
      subcommand_patterns(root));
  for_each_command(root, [&](const CommandText& command) {
    std::string words;
    for_each_word(command, [&](const std::string& word, const std::string&) { words += " " + word; });
    out += fmt::format("    {}) next={} values={} ;;\n", shell_quoted(command.name), shell_quoted(words),
                       shell_quoted(options_with_value(command)));
  });
  return out.append(bash_end);
}

std::string zsh_completion(const CommandText& root) {
  std::string out = fmt::format(
      "#compdef loquat\n# Made by `loquat completion zsh`.\n_loquat() {{\n  local at=loquat values='' word\n"
      "  local -a next\n  for word in \"${{(@)words[2,CURRENT-1]}}\"; do\n    case \"$at $word\" in\n"
      "      ({}) at+=\" $word\" ;;\n    esac\n  done\n  case $at in\n",
      subcommand_patterns(root));
  for_each_command(root, [&](const CommandText& command) {
    std::string items;
    for_each_word(command, [&](const std::string& word, const std::string& description) {
      items += " " + zsh_item(word, description);
    });
    out += fmt::format("    ({}) next=({}) values={} ;;\n", shell_quoted(command.name), items,
                       shell_quoted(options_with_value(command)));
  });
  return out.append(zsh_end);
}

std::string fish_completion(const CommandText& root) {
  std::string out = "# Made by `loquat completion fish`.\n";
  for_each_command(root, [&](const CommandText& command) {
    // True where this command's words are on the line and none of its subcommands is.
    std::string subcommands, condition = "true";
    for (const auto& next : command.commands) subcommands += " " + last_word(next);
    if (&command != &root) {
      std::string rest = command.name.substr(root.name.size() + 1) + " ";
      for (std::size_t space; (space = rest.find(' ')) != std::string::npos; rest.erase(0, space + 1))
        condition += "; and __fish_seen_subcommand_from " + rest.substr(0, space);
    }
    if (!subcommands.empty()) condition += "; and not __fish_seen_subcommand_from" + subcommands;
    const std::string line = "complete -c loquat -n " + shell_quoted(condition, true);
    for (const auto& next : command.commands)
      out += fmt::format("{} -f -a {} -d {}\n", line, last_word(next), shell_quoted(next.summary, true));
    for (const auto& option : command.options) {
      if (option.operand) continue;
      out += line;
      for (const auto& name : option.names) out += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
      out += fmt::format("{} -d {}\n", option.value.empty() ? "" : " -r", shell_quoted(option.description, true));
    }
  });
  return out;
}

}  // namespace loquat::tool
