#include "console.h"

#include <fmt/core.h>
#include <unistd.h>

#include "../input_lines.h"
#include "codec/text/utf8.h"
#include "loquat/error.h"
#include "loquat/file.h"

namespace loquat::tool {

namespace {

const std::string prompt = "you: ";

}  // namespace

void write_output(std::string_view data) try { File(STDOUT_FILENO).write(data); } catch (const OSError& e) {
  throw ConsoleError("standard output: " + e.code().message());
}

TalkConsole::TalkConsole() {
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) {
    terminal_.emplace([this] { return asking_ ? prompt : std::string(); });
  }
  reader_ = spawn([this] {
    try {
      if (interactive())
        read_terminal();
      else
        each_input_line([this](std::string line) { lines_.put(std::move(line)); });
    } catch (const OSError& e) {
      failure_ = "standard input: " + e.code().message();
    }
    lines_.close();
  });
}

TalkConsole::~TalkConsole() {
  CancelShield shield;
  reader_.cancel();
  reader_.join();
}

void TalkConsole::read_terminal() {
  while (auto line = terminal_->read_line()) {
    if (!asking_ && !hidden_note_.empty()) note(hidden_note_);
    if (!lines_.put(std::move(*line))) return;
  }
}

std::optional<std::string> TalkConsole::next_line() {
  auto line = lines_.get();
  if (line) return line;
  input_ended_ = true;
  if (!failure_.empty()) throw ConsoleError(failure_);
  return {};
}

void TalkConsole::ask(bool asking, std::string_view note) {
  hidden_note_ = note;
  if (std::exchange(asking_, asking) != asking && terminal_) terminal_->redraw();
}

void TalkConsole::show_own(std::string_view line) {
  if (terminal_) show("you", line);
}

void TalkConsole::show_peers(std::string_view peer_name, std::string_view message) {
  if (::isatty(STDOUT_FILENO) == 1) return show(peer_name, message);
  write_output(std::string(message) + "\n");
}

void TalkConsole::show(std::string_view name, std::string_view text) {
  const std::string line = fmt::format("{}: {}", name, codec::sanitize_line(text));
  if (terminal_) return terminal_->show(line);
  write_output(line + "\n");
}

void TalkConsole::note(std::string_view text) {
  const std::string line = codec::sanitize_line(text);
  if (terminal_ && ::isatty(STDERR_FILENO) == 1) return terminal_->show(line, stderr);
  fmt::print(stderr, "{}\n", line);
}

}  // namespace loquat::tool
