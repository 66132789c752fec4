// completion.h - completion scripts for bash, zsh and fish.
#pragma once

#include <string>

#include "command_text.h"

namespace loquat::tool {

std::string bash_completion(const CommandText& root);
std::string zsh_completion(const CommandText& root);
std::string fish_completion(const CommandText& root);

}  // namespace loquat::tool
