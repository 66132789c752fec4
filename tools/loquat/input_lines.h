// input_lines.h - lines that are typed: standard input line by line, where it is no terminal.
//
//   Errors    OSError if it cannot be read.
//   Waiting   In a fiber: others run while nothing comes.
#pragma once

#include <functional>
#include <string>

namespace loquat::tool {

// Calls line() for each line without its LF, also for a last one that has none, until the end of the input. What is
// longer than a mebibyte comes in parts.
void each_input_line(const std::function<void(std::string)>& line);

}  // namespace loquat::tool
