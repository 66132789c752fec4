// manual_page.h - the manual page of a command, for man(1). Source: man(7).
#pragma once

#include <string>

#include "command_text.h"

namespace loquat::tool {

// The name of a command's page: "loquat-serve" for "loquat serve".
std::string page_name(const CommandText& command);

// The page of `command`, which is `root` or one of its subcommands.
std::string manual_page(const CommandText& command, const CommandText& root);

}  // namespace loquat::tool
