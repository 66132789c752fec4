#include "data_home.h"

#include <cstdlib>
#include <stdexcept>

namespace loquat::tool {

std::string data_home() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
    return std::string(data) + "/loquat";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return std::string(home) + "/.local/share/loquat";
  throw std::runtime_error("neither XDG_DATA_HOME nor HOME is set");
}

}  // namespace loquat::tool
