// terminal.h - a line editor that shares its terminal with messages that arrive while the user types.
//
//   Output    show() erases the line being typed, prints above it, and draws it again.
//   Waiting   read_line() lets other fibers run while it waits for input. It has one caller at a time.
//   Stack     libedit needs more than a fiber's default stack: run with a stack_size of 256 KiB.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace loquat::tool {

class Terminal {
 public:
  // Uses standard input and output, which must be terminals. Calls `prompt` each time it draws the line.
  explicit Terminal(std::function<std::string()> prompt);
  // Restores the terminal's settings.
  ~Terminal();

  // Returns the next line without its line end, or nothing at end of input (Ctrl-D).
  std::optional<std::string> read_line();
  // Prints `line` on `to`: standard output, or standard error if it is the same terminal.
  void show(const std::string& line, std::FILE* to = stdout);
  // Draws the line again, with a new prompt.
  void redraw();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat::tool
