#include "operator_console.h"

#include <fmt/core.h>

#include "codec/irc/login.h"
#include "codec/text/utf8.h"
#include "doors/common/quoted.h"
#include "loquat/error.h"
#include "loquat/file.h"

namespace loquat::tool {

using chat::CommandKind;
using chat::EventKind;

namespace {

constexpr std::size_t max_command = 8192;

// One line for the operator's terminal; empty for what is not shown.
std::string show(const chat::ChatEvent& event, unsigned) {
  auto line = [&]() -> std::string {
    switch (event.kind) {
      case EventKind::message:
      case EventKind::notice:
        return fmt::format("#{} {}{}: {}", event.seq, event.nick, event.is_private() ? " (to you)" : "", event.text);
      case EventKind::action:
        return fmt::format("#{} ~ {} {}", event.seq, event.nick, event.text);
      case EventKind::topic:
        return fmt::format("* {} set the topic: {}", event.nick, doors::quoted(event.text));
      case EventKind::join:
        return fmt::format("* {} ({}) is here", event.nick, event.origin);
      case EventKind::part:
        return fmt::format("* {} left the room", event.nick);
      case EventKind::kick:
        return fmt::format("* {} was kicked by {}", event.target, event.nick);
      case EventKind::nick:
        return fmt::format("* {} is now {}", event.nick, event.target);
      case EventKind::quit:
        return fmt::format("* {} has gone: {}", event.nick, doors::shown_quit(event.text));
      case EventKind::remove:
        return fmt::format("* #{} was deleted by {}", event.ref, event.nick);
      default:
        return "";
    }
  }();
  return line.empty() ? line : codec::sanitize_line(line) + "\n";
}

}  // namespace

OperatorConsole::OperatorConsole(chat::Log& log, std::string lobby, int in, int out, bool quiet)
    : log_(log), lobby_(std::move(lobby)), quiet_(quiet), commands_(log) {
  if (!quiet_) enter();
  writer_ = spawn([this, out] { write_lines(out); });
  reader_ = spawn([this, in] { read_lines(in); });
}

OperatorConsole::~OperatorConsole() {
  CancelShield shield;
  reader_.cancel();
  reader_.join();
  session_.reset();
  outbox_.close();
  if (!writer_.join_for(std::chrono::seconds(1))) writer_.cancel();  // nobody reads the terminal
  writer_.join();
}

void OperatorConsole::deliver(chat::Delivery& delivery) noexcept {
  const chat::ChatEvent& event = delivery.event();
  const bool own = (session_ && event.session == session_->id()) || event.session == commands_.id();
  if (quiet_ || (own && event.kind != EventKind::message)) return;
  outbox_.push(delivery.encoded(&show), delivery.now());
}

void OperatorConsole::answer(const std::string& text) { outbox_.push(chat::buffer(text + "\n")); }

void OperatorConsole::write_lines(int fd) {
  File file(fd);
  try {
    for (std::vector<std::string_view> pieces; outbox_.next(pieces); outbox_.sent()) {
      for (std::string_view piece : pieces) file.write(piece);
    }
  } catch (const OSError&) {
    quiet_ = true;  // the terminal has gone; the server has not
    outbox_.close();
  }
}

void OperatorConsole::read_lines(int fd) {
  try {
    File file(fd);
    std::string pending;
    for (std::string piece; !(piece = file.read(4096)).empty();) {
      pending += piece;
      for (std::size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
        obey(pending.substr(0, end));
      }
      if (pending.size() > max_command) {
        answer("* that line is too long");
        pending.clear();
      }
    }
    if (!pending.empty()) obey(pending);
    if (quiet_) session_.reset();
  } catch (const OSError&) {  // no terminal any more
  }
}

void OperatorConsole::obey(std::string line) {
  line = codec::sanitize_line(line);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.empty()) return;
  if (codec::is_typed_command(line)) return obey_command("/" + std::string(codec::without_slashes(line)));
  if (codec::is_stray_command(line)) return answer("* not said: it looks like a command with a password");
  say(line);
}

void OperatorConsole::obey_command(const std::string& line) {
  for (const std::string& each : commands_.run(line).lines) answer("* " + each);
  if (line == "/help") answer("* What you type without a slash is said in the lobby. Ctrl-C ends the server.");
}

// Joins the lobby as "operator".
bool OperatorConsole::enter() {
  session_.emplace(log_, static_cast<chat::Subscriber&>(*this));
  session_->submit(chat::Command::console());
  const chat::Outcome outcome = session_->connect("operator", "the server's terminal", "").get();
  if (outcome.ok()) session_->join(lobby_);
  session_->settle();
  if (outcome.ok()) return true;
  answer(fmt::format("* you are not in the lobby: {}", chat::describe(outcome.reason)));
  session_.reset();
  return false;
}

void OperatorConsole::say(std::string_view line) {
  if (!session_ && !enter()) return;
  for (std::string_view piece : codec::split_text(line, log_.limits().text)) {
    session_->post(CommandKind::message, lobby_, std::string(piece));
  }
  session_->settle([this](const chat::Ticket& ticket) {
    const chat::Outcome& outcome = ticket.get();
    if (!outcome.ok())
      answer(fmt::format("* not said: {}{}{}", chat::describe(outcome.reason), outcome.details.empty() ? "" : ": ",
                         outcome.details));
  });
}

}  // namespace loquat::tool
