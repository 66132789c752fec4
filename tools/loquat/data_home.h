// data_home.h - where a subcommand keeps what is to stay.
#pragma once

#include <string>

namespace loquat::tool {

// $XDG_DATA_HOME/loquat, or ~/.local/share/loquat. Throws std::runtime_error if neither is known.
// Source: XDG Base Directory Specification.
std::string data_home();

}  // namespace loquat::tool
