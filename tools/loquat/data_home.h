// data_home.h - the folder for permanent data.
#pragma once

#include <string>

namespace loquat::tool {

// $XDG_DATA_HOME/loquat, or ~/.local/share/loquat. Throws std::runtime_error if neither XDG_DATA_HOME nor HOME is set.
// Source: XDG Base Directory Specification.
std::string data_home();

}  // namespace loquat::tool
