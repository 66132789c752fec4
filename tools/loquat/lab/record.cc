#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "../help/message_text.h"
#include "../wire/wire.h"
#include "wire/scenarios/scenario.h"

namespace loquat::tool {
namespace {

struct RecordOptions {
  std::string into;
  std::vector<std::string> names;
};

// Each scenario has a process of its own: a lab needs one that has only one thread.
int record_one(const std::string& name, const std::string& file) {
  const char* const arguments[] = {"loquat", "wire", "play",       name.c_str(), "--format",
                                   "json",   "-o",   file.c_str(), nullptr};
  pid_t child = -1;
  const int error =
      ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, const_cast<char* const*>(arguments), environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start the scenario");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int run_record(const RecordOptions& options) {
  std::filesystem::create_directories(options.into);
  for (const wire::Scenario& scenario : wire::scenarios()) {
    const std::string name(scenario.name);
    if (!options.names.empty() && std::find(options.names.begin(), options.names.end(), name) == options.names.end())
      continue;
    const std::filesystem::path file = std::filesystem::path(options.into) / (name + ".jsonl");
    const std::filesystem::path part = file.string() + ".part";
    if (const int status = record_one(name, part.string()); status != 0) {
      std::filesystem::remove(part);
      complain("'" + name + "' was not recorded");
      return status;
    }
    std::filesystem::rename(part, file);
    fmt::print("{}\n", file.string());
  }
  return 0;
}

}  // namespace

void add_wire_record(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* command = wire.add_subcommand("record", "play scenarios and save their traces as NAME.jsonl");
  command->add_option("SCENARIO", options->names, "the scenarios to play (default: all)");
  command->add_option("--into", options->into, "the folder for the files")->type_name("DIR")->required();
  command->footer("The recordings inside this program, src/wire/files/recordings, were made with this command.");
  command->callback([options, &chosen] {
    for (const std::string& name : options->names)
      if (wire::find_scenario(name) == nullptr)
        throw CLI::ValidationError("there is no scenario '" + name + "'; loquat wire list names them");
    chosen = [options] { return run_record(*options); };
  });
}

}  // namespace loquat::tool
