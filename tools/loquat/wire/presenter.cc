#include "presenter.h"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <variant>

#include <fmt/core.h>

#include "loquat/time.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

termios terminal_before;

void put_terminal_back() { ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before); }

void end_by_signal(int number) {
  put_terminal_back();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

// Keys without Enter's echo, if standard input is a terminal.
class Keys {
 public:
  explicit Keys(wire::Language language) : terminal_(::tcgetattr(STDIN_FILENO, &terminal_before) == 0) {
    if (!terminal_) return;
    termios raw = terminal_before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::signal(SIGINT, end_by_signal);
    std::signal(SIGTERM, end_by_signal);
    fmt::print(stderr, "{}\n", in(language, wire::texts::step_keys));
  }
  ~Keys() {
    if (terminal_) put_terminal_back();
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  // True: one more. False: all that is left.
  bool next() {
    for (char key = 0;;) {
      if (::read(STDIN_FILENO, &key, 1) != 1 || key == 'c') return false;
      if (key == 'q') {
        if (terminal_) put_terminal_back();
        std::fflush(nullptr);
        std::_Exit(0);  // the lab's hosts end with the process
      }
      if (key == '\n' || key == ' ') return true;
    }
  }

 private:
  bool terminal_;
};

struct TimeOf {
  Duration operator()(const wire::Begin&) const { return {}; }
  Duration operator()(const wire::Frame& frame) const {
    return frame.fate == wire::Fate::held ? frame.sent : frame.delivered;
  }
  Duration operator()(const wire::Action& action) const { return action.at; }
  Duration operator()(const wire::Note& note) const { return note.at; }
  Duration operator()(const wire::Counters&) const { return {}; }
  Duration operator()(const wire::End& end) const { return end.at; }
};

}  // namespace

WirePresenter::WirePresenter(const Pace& pace, wire::Language language, std::function<bool(const wire::Row&)> show)
    : pace_(pace), language_(language), show_(std::move(show)) {}

WirePresenter::~WirePresenter() {
  rows_.close();
  if (thread_.joinable()) thread_.join();
}

void WirePresenter::add(const wire::Row& row) {
  if (!pace_.any()) return void(show_(row));
  if (!thread_.joinable()) thread_ = std::thread([this] { present(); });
  rows_.put(row);
}

void WirePresenter::finish() {
  rows_.close();
  if (thread_.joinable()) thread_.join();
}

void WirePresenter::wait_for(Duration at) {
  if (pace_.speed > 0) std::this_thread::sleep_until(start_ + std::chrono::duration_cast<Duration>(at / pace_.speed));
}

void WirePresenter::present() {
  std::unique_ptr<Keys> keys;
  if (pace_.step) keys = std::make_unique<Keys>(language_);
  start_ = Clock::now();
  bool wait = false;
  while (const auto row = rows_.get()) {
    if (keys && wait && !keys->next()) keys.reset();
    wait_for(std::visit(TimeOf{}, *row));
    wait = show_(*row) && !std::holds_alternative<wire::Begin>(*row);
  }
}

}  // namespace loquat::tool
