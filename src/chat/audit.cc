#include "chat/audit.h"

#include "codec/text/utf8.h"

namespace loquat::chat {
namespace {

std::string deed(const ChatEvent& event) {
  switch (event.kind) {
    case EventKind::oper:
      return "is an operator from now on";
    case EventKind::ban:
      return "banned " + event.target + (event.tag.empty() ? "" : " (the address of " + event.tag + ")");
    case EventKind::unban:
      return "ended the ban of " + event.target;
    case EventKind::kick:
      return "removed " + event.target + " from " + (event.room.empty() ? "the server" : event.room);
    case EventKind::remove:
      return "deleted message " + std::to_string(event.ref) + " in " + event.room;
    default:
      return {};
  }
}

}  // namespace

std::string audit_line(const ChatEvent& event) {
  const std::string what = deed(event);
  if (what.empty()) return {};
  const std::string why = event.text.empty() ? "" : ": " + event.text;
  return codec::sanitize_line(event.nick + " (" + event.origin + ") " + what + why);
}

}  // namespace loquat::chat
