// input_lines.h - reads standard input line by line where it is not a terminal.
//
//   Errors    OSError if reading fails.
//   Waiting   Other fibers run while it waits for input.
#pragma once

#include <functional>
#include <string>

namespace loquat::tool {

// Calls line() for each line, without its LF, until the end of the input. A last line may lack the LF. A line longer
// than 1 MiB is passed in parts.
void each_input_line(const std::function<void(std::string)>& line);

}  // namespace loquat::tool
