// console.h - this side of a talk: the lines that the user types, and what the user sees.
//
// At a terminal (standard input and output both are one) there is a line editor, and what arrives never tears the line
// being typed. Else, with --turns, lines are read from standard input and messages written to standard output, one a
// line, as they came; only a terminal gets them made safe.
//
//   Errors    ConsoleError if standard input or output fails.
//   Waiting   Fibers of one worker. next_line() has one caller at a time; cancelled, it has taken nothing.
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

// All of `data` to standard output. Throws ConsoleError.
void write_output(std::string_view data);

class TalkConsole {
 public:
  TalkConsole();
  // Puts the terminal back as it was.
  ~TalkConsole();

  // Whether a person sits at a terminal here.
  bool person() const noexcept { return terminal_.has_value(); }
  // The next line that was typed; nothing at the end of the input.
  std::optional<std::string> next_line();
  // Nothing more will come of next_line().
  bool input_ended() const noexcept { return input_ended_; }

  // Shows the prompt for a line; or none, and then `note` tells who types one all the same what becomes of it.
  void ask(bool asking, std::string_view note = {});
  // What we said. Nothing to see without a terminal: what is typed elsewhere is known there.
  void said(std::string_view line);
  // What `who` said.
  void heard(std::string_view who, std::string_view message);
  // One line on standard error.
  void note(std::string_view text);

 private:
  void read_terminal();
  void put(std::string_view who, std::string_view text);

  std::optional<Terminal> terminal_;
  bool asking_ = false;
  std::string not_asking_;
  bool input_ended_ = false;
  Queue<std::string> lines_{1};
  std::string failure_;  // of standard input
  Fiber<> reader_;
};

}  // namespace loquat::tool
