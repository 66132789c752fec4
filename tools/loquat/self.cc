// self.cc - `loquat manual` and `loquat completion`.
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "command.h"
#include "help/command_text.h"
#include "help/completion.h"
#include "help/manual_page.h"

namespace loquat::tool {
namespace {

std::string completion_for(const std::string& shell, const CommandText& root) {
  return shell == "bash" ? bash_completion(root) : shell == "zsh" ? zsh_completion(root) : fish_completion(root);
}

std::string page_of(const std::string& name, const CommandText& root) {
  if (name.empty()) return manual_page(root, root);
  for (const auto& command : root.commands) {
    if (command.name == root.name + " " + name) return manual_page(command, root);
  }
  throw std::runtime_error("there is no command '" + name + "'; loquat --help lists them");
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  if (!(out << text).flush()) throw std::runtime_error("cannot write to " + path.string());
}

// Writes every page and script to where man(1) and the shells look for them below share/.
void write_all(const std::filesystem::path& share, const CommandText& root) {
  write_file(share / "man/man1" / (page_name(root) + ".1"), manual_page(root, root));
  for (const auto& command : root.commands)
    write_file(share / "man/man1" / (page_name(command) + ".1"), manual_page(command, root));
  write_file(share / "bash-completion/completions/loquat", bash_completion(root));
  write_file(share / "zsh/vendor-completions/_loquat", zsh_completion(root));
  write_file(share / "fish/vendor_completions.d/loquat.fish", fish_completion(root));
}

}  // namespace

void add_completion(CLI::App& app, Chosen& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "prints the completion script for a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n"
      "  source <(loquat completion bash)\n"
      "  loquat completion fish >~/.config/fish/completions/loquat.fish");
  command->callback([shell, &app, &chosen] {
    chosen = [shell, &app] {
      fmt::print("{}", completion_for(*shell, describe(app)));
      return 0;
    };
  });
}

void add_manual(CLI::App& app, Chosen& chosen) {
  auto name = std::make_shared<std::string>(), into = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("manual", "prints a manual page, for man");
  command->add_option("COMMAND", *name, "the command that the page is about (default: loquat itself)");
  command->add_option("--into", *into, "write all pages and completions below this folder instead, as in /usr/share")
      ->type_name("DIR");
  command->footer(
      "Example:\n"
      "  loquat manual serve | man -l -");
  command->callback([name, into, &app, &chosen] {
    chosen = [name, into, &app] {
      const CommandText root = describe(app);
      if (into->empty()) {
        fmt::print("{}", page_of(*name, root));
      } else {
        write_all(*into, root);
      }
      return 0;
    };
  });
}

}  // namespace loquat::tool
