// input_lines.h - lines that are typed: standard input line by line, where it is no terminal, and words of a line.
//
//   Errors    OSError if it cannot be read.
//   Waiting   In a fiber: others run while nothing comes.
#pragma once

#include <functional>
#include <string>
#include <utility>

namespace loquat::tool {

// Calls line() for each line without its LF, also for a last one that has none, until the end of the input. What is
// longer than a mebibyte comes in parts.
void each_input_line(const std::function<void(std::string)>& line);

// What stands before the first space, and what follows the spaces there; either may be empty.
std::pair<std::string, std::string> first_word(const std::string& line);

}  // namespace loquat::tool
