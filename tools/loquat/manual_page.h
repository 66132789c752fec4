// manual_page.h - the manual page of a command, for man(1). Source: man(7).
#pragma once

#include <string>

#include "command_text.h"

namespace loquat::tool {

// "loquat-serve" for "loquat serve": the name of its page.
std::string page_name(const CommandText& command);

// The page of one command of `root`'s, or of `root` itself.
std::string manual_page(const CommandText& command, const CommandText& root);

}  // namespace loquat::tool
