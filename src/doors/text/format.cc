#include "doors/text/format.h"

#include "codec/text/utf8.h"
#include "doors/common/quoted.h"

namespace loquat::doors {
namespace {

using chat::EventKind;

std::string because(const chat::ChatEvent& e) { return e.text.empty() ? std::string() : " (" + quoted(e.text) + ")"; }

std::string because_quit(const chat::ChatEvent& e) {
  return e.text.empty() ? std::string() : " (" + shown_quit(e.text) + ")";
}

std::string topic_of(const chat::ChatEvent& e) {
  return e.text.empty() ? "cleared the topic of " + e.room : "set the topic of " + e.room + ": " + quoted(e.text);
}

std::string said_line(const chat::ChatEvent& e, unsigned variant) {
  std::string line;
  if ((variant & name_room) != 0 && !e.room.empty()) line = e.room + " ";
  const bool action = e.kind == EventKind::action;
  line += (action ? "~ " : "") + e.nick;
  if (e.is_private()) line += " (to you)";
  if (e.kind == EventKind::notice) line += " (notice)";
  return line + (action ? " " : ": ") + codec::sanitize_line(e.text) + "\n";
}

}  // namespace

std::string system_line(std::string_view text) { return "* " + codec::sanitize_line(text) + "\n"; }

std::string text_line(const chat::ChatEvent& e, unsigned variant) {
  if (e.kind == EventKind::message || e.kind == EventKind::notice || e.kind == EventKind::action)
    return said_line(e, variant);
  if ((variant & messages_only) != 0) return {};
  switch (e.kind) {
    case EventKind::topic:
      return system_line(e.nick + " " + topic_of(e));
    case EventKind::join:
      return system_line(e.nick + " is in " + e.room + " now");
    case EventKind::part:
      return system_line(e.nick + " left " + e.room + because(e));
    case EventKind::kick:
      return system_line(e.nick + " removed " + e.target + " from " + e.room + because(e));
    case EventKind::nick:
      return system_line(e.nick + " is called " + e.target + " now");
    case EventKind::quit:
      return system_line(e.nick + " has gone" + because_quit(e));
    case EventKind::tell:
      return system_line(e.text);
    default:
      return {};
  }
}

std::string own_line(const chat::ChatEvent& e) {
  switch (e.kind) {
    case EventKind::topic:
      return system_line("You " + topic_of(e));
    case EventKind::part:
      return system_line("You left " + e.room);
    case EventKind::nick:
      return system_line("You are called " + e.target + " now");
    default:
      return {};
  }
}

}  // namespace loquat::doors
