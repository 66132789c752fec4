#include "codec/irc/first_line.h"

#include <algorithm>
#include <array>

#include "codec/irc/login.h"
#include "codec/irc/message.h"
#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

using std::string_view;

// Commands with which a client, a gateway or a script begins. In capitals they are never talk.
constexpr std::array<string_view, 18> irc_commands = {
    "PASS",     "NICK", "USER",    "CAP",    "AUTHENTICATE", "WEBIRC", "OPER",     "IDENTIFY", "REGISTER",
    "NICKSERV", "NS",   "PRIVMSG", "SQUERY", "SERVER",       "CAPAB",  "PROTOCTL", "NOTICE",   "SERVICE"};

bool is_number(string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c); });
}

// Whether the words behind a command show that it is one, even in small letters.
bool fits_irc(const IrcMessage& m) {
  if (m.is("CAP")) {
    return equal_ignoring_case(m.param(0), "LS") || equal_ignoring_case(m.param(0), "REQ") ||
           equal_ignoring_case(m.param(0), "LIST") || equal_ignoring_case(m.param(0), "END");
  }
  const bool one = m.size() == 1 && !m.param(0).empty() && m.param(0).find(' ') == string_view::npos;
  if (m.is("NICK")) return one || (m.size() == 2 && is_number(m.param(1)));
  if (m.is("SERVER")) return m.size() > 2 && is_number(m.param(1));
  return m.is("PASS") ? one : m.is("USER") && m.size() == 4;
}

}  // namespace

bool is_irc_first_line(string_view line) {
  IrcMessage m;
  const IrcError error = parse_irc(line, m);
  if (error == IrcError::too_long) return is_login(line);
  if (error != IrcError::none || m.size() == 0) return false;
  if (m.is("JOIN")) return m.param(0).starts_with('#') && m.command == "JOIN";
  const bool capitals = std::find(irc_commands.begin(), irc_commands.end(), m.command) != irc_commands.end();
  return capitals || (fits_irc(m) && m.source.empty() && m.tags.empty());
}

bool begins_irc_command(string_view part) noexcept {
  return std::any_of(irc_commands.begin(), irc_commands.end(),
                     [word = trim_spaces(part)](string_view command) { return command.starts_with(word); });
}

}  // namespace loquat::codec
