// console.h - the user's side of a talk: the lines that the user types, and what the user sees.
//
// If standard input and output are both terminals, there is a line editor, and messages are printed above the line
// being typed. Otherwise (--turns in a pipe) lines are read from standard input, and messages are written to standard
// output, one per line and unchanged; control characters are removed only for a terminal.
//
//   Errors    ConsoleError if standard input or output fails.
//   Waiting   Use it from fibers of one worker. next_line() has one caller at a time; a cancelled call takes no line.
//   Stack     256 KiB, as terminal.h says.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../terminal.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"

namespace loquat::tool {

class ConsoleError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Writes all of `data` to standard output. Throws ConsoleError.
void write_output(std::string_view data);

class TalkConsole {
 public:
  TalkConsole();
  // Restores the terminal's settings.
  ~TalkConsole();

  // Whether the user types at a terminal.
  bool interactive() const noexcept { return terminal_.has_value(); }
  // Returns the next line of input, or nothing at its end.
  std::optional<std::string> next_line();
  // Whether next_line() has returned nothing, and so will every later call.
  bool input_ended() const noexcept { return input_ended_; }

  // Shows the prompt, or hides it. A line that is typed while it is hidden makes the console print `note`.
  void ask(bool asking, std::string_view note = {});
  // Shows a line of the user's own, at a terminal only.
  void show_own(std::string_view line);
  // Shows a message of the peer's.
  void show_peers(std::string_view peer_name, std::string_view message);
  // Prints one line on standard error.
  void note(std::string_view text);

 private:
  void read_terminal();
  void show(std::string_view name, std::string_view text);

  std::optional<Terminal> terminal_;
  bool asking_ = false;
  std::string hidden_note_;  // for a line that is typed while the prompt is hidden
  bool input_ended_ = false;
  Queue<std::string> lines_{1};
  std::string failure_;  // of standard input
  Fiber<> reader_;
};

}  // namespace loquat::tool
