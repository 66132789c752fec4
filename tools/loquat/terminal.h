// terminal.h - a line editor that shares its terminal with lines that arrive meanwhile.
//
//   Tearing   show() erases the line being typed, prints above it, and draws it again.
//   Waiting   read_line() lets other fibers run while nobody types. One caller.
//   Stack     libedit wants more than a fiber has by default: run with a stack_size of 256 KiB.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace loquat::tool {

class Terminal {
 public:
  // Standard input and output, which are terminals. `prompt` is asked each time the line is drawn.
  explicit Terminal(std::function<std::string()> prompt);
  // Puts the terminal back as it was.
  ~Terminal();

  // The next line without its end; nothing at end of input (Ctrl-D).
  std::optional<std::string> read_line();
  // Prints `line` on `to`, which is standard output, or standard error if that is the same terminal.
  void show(const std::string& line, std::FILE* to = stdout);
  // Asks for the prompt again and draws the line with it.
  void redraw();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat::tool
