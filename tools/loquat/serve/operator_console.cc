#include "operator_console.h"

#include <charconv>

#include <fmt/core.h>

#include "codec/irc/login.h"
#include "codec/text/utf8.h"
#include "codec/text/words.h"
#include "doors/common/operator_commands.h"
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
    : log_(log), lobby_(std::move(lobby)), quiet_(quiet) {
  session_.emplace(log_, static_cast<chat::Subscriber&>(*this));
  session_->submit(chat::Command::oper());
  session_->connect("operator", "the server's terminal", "");
  session_->join(lobby_);
  session_->settle();
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
  const bool own = event.session == session_->id();
  if (quiet_ || (own && event.kind != EventKind::message && event.kind != EventKind::remove)) return;
  outbox_.push(delivery.encoded(&show), delivery.now());
}

void OperatorConsole::answer(const std::string& text) { outbox_.push(chat::buffer(text + "\n")); }

void OperatorConsole::explain(const chat::Ticket& ticket) {
  const chat::Outcome& outcome = ticket.get();
  const chat::Command& command = ticket.command();
  if (outcome.ok()) {
    if (command.kind == CommandKind::ban)
      answer(fmt::format("* {} is banned; /unban {} ends it", command.target, command.target));
    if (command.kind == CommandKind::unban) answer(fmt::format("* {} may come again", command.target));
    return;
  }
  answer(fmt::format("* {}{}{}", chat::describe(outcome.reason), outcome.details.empty() ? "" : ": ", outcome.details));
}

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
  } catch (const OSError&) {  // no terminal any more
  }
}

void OperatorConsole::obey(std::string line) {
  line = codec::sanitize_line(line);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.empty()) return;
  if (codec::is_typed_command(line)) {
    line = "/" + std::string(codec::without_slashes(line));
    const auto [name, rest] = codec::first_word(line);
    obey_command(name, rest);
  } else if (codec::is_stray_command(line)) {
    answer("* not said: it looks like a command with a password");
  } else {
    for (std::string_view piece : codec::split_text(line, log_.limits().text)) {
      session_->post(CommandKind::message, lobby_, std::string(piece));
    }
  }
  session_->settle([this](const chat::Ticket& ticket) { explain(ticket); });
}

// Only here does each line stand with its number.
static doors::OperatorCommand parse_delete(std::string_view number) {
  if (number.starts_with('#')) number.remove_prefix(1);
  chat::Seq seq = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), seq);
  if (error != std::errc{} || end != number.data() + number.size()) return {{}, "/delete N: N is a message's number"};
  return {chat::Command::remove(seq)};
}

void OperatorConsole::obey_command(std::string_view name, std::string_view rest) {
  const auto asked = name == "/delete" ? parse_delete(rest) : doors::parse_operator_command(name, rest);
  if (asked && asked->command) {
    session_->submit(*asked->command);
  } else if (asked) {
    answer("* " + asked->missing);
  } else {
    answer(
        "* what you type goes to the lobby. /kick NAME, /ban NAME or ADDRESS, /unban, /delete N; Ctrl-C ends the "
        "server");
  }
}

}  // namespace loquat::tool
