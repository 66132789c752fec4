#include "terminal.h"

#include <histedit.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cwchar>

#include "loquat/error.h"
#include "loquat/fiber.h"
#include "loquat/file.h"

namespace loquat::tool {

struct Terminal::State {
  std::function<std::string()> prompt;
  std::string prompt_text;
  File input{STDIN_FILENO};
  EditLine* edit = nullptr;
  History* history = nullptr;
  bool reading = false;

  static State& of(EditLine* edit) {
    void* data = nullptr;
    ::el_get(edit, EL_CLIENTDATA, &data);
    return *static_cast<State*>(data);
  }
  static char* get_prompt(EditLine* edit) { return of(edit).prompt_text.data(); }
  static int get_character(EditLine* edit, wchar_t* out);
  void erase_typed();
  void draw();
};

// libedit is C: no exception may pass through it. Cancelled is thrown again at the next wait.
int Terminal::State::get_character(EditLine* edit, wchar_t* out) {
  State& self = of(edit);
  std::mbstate_t state{};
  try {
    for (;;) {
      std::string byte = self.input.read(1);
      if (byte.empty()) return 0;
      std::size_t result = std::mbrtowc(out, byte.data(), 1, &state);
      if (result == static_cast<std::size_t>(-1)) state = {};  // an invalid byte is ignored
      if (result <= 1) return 1;
    }
  } catch (const OSError&) {
    return 0;
  } catch (const Cancelled&) {
    return 0;
  }
}

namespace {

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

// The number of columns that `text` occupies.
std::size_t width(const std::string& text) {
  std::size_t total = 0;
  std::mbstate_t state{};
  wchar_t c = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = std::mbrtowc(&c, text.data() + at, text.size() - at, &state);
    if (length == 0 || length > text.size() - at) {
      state = {};
      length = 1;
      c = L'?';
    }
    total += static_cast<std::size_t>(std::max(0, ::wcwidth(c)));
    at += length;
  }
  return total;
}

}  // namespace

// Moves to the first row of the line being typed and clears the screen from there.
void Terminal::State::erase_typed() {
  const LineInfo* line = ::el_line(edit);
  std::string before(line->buffer, static_cast<std::size_t>(line->cursor - line->buffer));
  std::size_t row = (width(prompt_text) + width(before)) / columns();
  if (row > 0) std::fprintf(stdout, "\x1b[%zuA", row);
  std::fputs("\r\x1b[J", stdout);
  std::fflush(stdout);
}

void Terminal::State::draw() {
  prompt_text = prompt();
  ::el_set(edit, EL_REFRESH);
}

Terminal::Terminal(std::function<std::string()> prompt) : state_(std::make_unique<State>()) {
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
  state_->prompt = std::move(prompt);
  state_->edit = ::el_init("loquat", stdin, stdout, stderr);
  ::el_set(state_->edit, EL_CLIENTDATA, state_.get());
  ::el_set(state_->edit, EL_PROMPT, &State::get_prompt);
  ::el_set(state_->edit, EL_EDITOR, "emacs");
  ::el_set(state_->edit, EL_SIGNAL, 0);
  ::el_set(state_->edit, EL_GETCFN, &State::get_character);
  state_->history = ::history_init();
  HistEvent event;
  ::history(state_->history, &event, H_SETSIZE, 200);
  ::el_set(state_->edit, EL_HIST, &::history, state_->history);
}

Terminal::~Terminal() {
  ::history_end(state_->history);
  ::el_end(state_->edit);
}

std::optional<std::string> Terminal::read_line() {
  state_->prompt_text = state_->prompt();
  state_->reading = true;
  int count = 0;
  const char* line = ::el_gets(state_->edit, &count);
  state_->reading = false;
  if (line == nullptr || count <= 0) {
    state_->erase_typed();  // and the ^D that the terminal has echoed
    return {};
  }
  std::string text(line, static_cast<std::size_t>(count));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  // Erases the typed line: the caller shows it again, with a name or a time.
  std::size_t rows = (width(state_->prompt_text) + width(text)) / columns() + 1;
  std::fprintf(stdout, "\x1b[%zuA\r\x1b[J", rows);
  std::fflush(stdout);
  HistEvent event;
  if (!text.empty()) ::history(state_->history, &event, H_ENTER, text.c_str());
  return text;
}

void Terminal::show(const std::string& line, std::FILE* to) {
  if (state_->reading) state_->erase_typed();
  std::fprintf(to, state_->reading ? "%s\r\n" : "%s\n", line.c_str());
  std::fflush(to);
  if (state_->reading) state_->draw();
}

void Terminal::redraw() {
  if (!state_->reading) return;
  state_->erase_typed();
  state_->draw();
}

}  // namespace loquat::tool
