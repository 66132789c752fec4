// help_text.h - what --help says, in Chinese.
#pragma once

#include <string>
#include <string_view>

namespace loquat::tool {

// `help` with each line translated that help.def has.
std::string help_in_chinese(std::string_view help);

}  // namespace loquat::tool
