// doctor.cc - `loquat doctor`: what works on this machine, and the remedy for what does not.
#include <memory>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "../command.h"
#include "codec/text/utf8.h"
#include "parts.h"
#include "wire/text/json_writer.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

void print_json(const Check& check) {
  fmt::print("{}\n", wire::json_object([&](wire::JsonObject& json) {
               json.put("check", check.name).put("ok", check.ok).put("used_by", check.used_by);
               json.put("serve_needs", check.serve_needs).put("text", check.text.en).put("text_zh", check.text.zh);
               json.put("remedy", check.remedy);
             }));
}

void print_text(const Check& check, wire::Language language) {
  fmt::print("{}  {:<16} {:<21} {}\n", check.ok ? "ok" : "no", check.name, check.used_by,
             codec::sanitize_line(wire::in(language, check.text)));
  if (!check.ok)
    fmt::print("    {:<16} {}\n", wire::in(language, wire::texts::remedy), codec::sanitize_line(check.remedy));
}

int examine(bool json, wire::Language language) {
  bool serves = true;
  for (const auto& look : all_checks()) {
    const Check check = look();
    json ? print_json(check) : print_text(check, language);
    serves = serves && (check.ok || !check.serve_needs);
  }
  return serves ? 0 : 1;
}

}  // namespace

std::vector<std::function<Check()>> all_checks() {
  return {check_kernel,         check_poller, check_io_uring,        check_descriptors,
          check_data_directory, check_port,   check_user_namespaces, check_lab,
          check_sock_diag,      check_deaths, check_capture,         check_terminal};
}

void add_doctor(CLI::App& app, Chosen& chosen) {
  struct Asked {
    bool json = false;
    std::string language;
  };
  auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("doctor", "what works on this machine, and the remedy for what does not");
  command->add_flag("--json", asked->json, "one object per line, for programs");
  command->add_option("--lang", asked->language, "en or zh (default: from the environment)")
      ->check(CLI::IsMember({"en", "zh"}));
  command->footer(
      "Each line is the result of a trial: ok or no, the capability, what uses it, what was found.\n"
      "Exit status: 1 if something fails without which `loquat serve` does not start, else 0.\n"
      "Example:\n"
      "  loquat doctor");
  command->callback([asked, &chosen] {
    chosen = [asked] {
      auto language = wire::language_of(asked->language);
      return examine(asked->json, language ? *language : wire::language_of_environment());
    };
  });
}

}  // namespace loquat::tool
