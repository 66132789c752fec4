#include "doors/irc/commands.h"

#include <algorithm>
#include <initializer_list>

#include "codec/irc/message.h"
#include "codec/text/chars.h"
#include "codec/text/names.h"
#include "codec/text/utf8.h"

namespace loquat::doors {
namespace {

constexpr IrcCommand commands[] = {
    {"PRIVMSG", 0, false, true, irc_privmsg},
    {"PING", 0, true, false, irc_ping},
    {"PONG", 0, true, true, irc_pong},
    {"NOTICE", 0, false, true, irc_notice},
    {"JOIN", 1, false, true, irc_join},
    {"PART", 1, false, true, irc_part},
    {"CHATHISTORY", 0, false, false, irc_chathistory},
    {"TAGMSG", 0, false, false, irc_tagmsg},
    {"TOPIC", 1, false, false, irc_topic},
    {"NAMES", 0, false, false, irc_names},
    {"WHO", 0, false, false, irc_who},
    {"MODE", 1, false, false, irc_mode},
    {"CAP", 1, true, false, irc_cap_command},
    {"NICK", 0, true, false, irc_nick},
    {"USER", 4, true, false, irc_user},
    {"PASS", 1, true, false, irc_pass},
    {"RESUME", 1, true, false, irc_resume},
    {"QUIT", 0, true, false, irc_quit},
    {"LIST", 0, false, false, irc_list},
    {"OPER", 2, true, false, irc_oper},
    {"KICK", 2, false, true, irc_kick},
    {"KILL", 1, false, false, irc_kill},
    {"KLINE", 0, false, false, irc_kline},
    {"DLINE", 0, false, false, irc_kline},
    {"UNKLINE", 1, false, false, irc_unkline},
    {"UNDLINE", 1, false, false, irc_unkline},
    {"WHOIS", 0, false, false, irc_whois},
    {"WHOWAS", 0, false, false, irc_whowas},
    {"AWAY", 0, false, false, irc_away},
    {"ISON", 1, false, false, irc_ison},
    {"USERHOST", 1, false, false, irc_userhost},
    {"MOTD", 0, false, false, irc_motd},
    {"LUSERS", 0, false, false, irc_lusers},
    {"VERSION", 0, false, false, irc_version},
    {"TIME", 0, false, false, irc_time_command},
};

bool is_one_of(const codec::IrcMessage& message, std::initializer_list<std::string_view> names) noexcept {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return message.is(name); });
}

// In how many of its rooms "#a,#b" others see what `self` does there.
std::size_t seen_in(std::string_view rooms, const chat::Hub& hub, chat::SessionId self) {
  std::size_t seen = 0;
  for (const std::string& name : parts_of(rooms)) {
    const chat::Room* room = hub.room(name);
    if (room != nullptr && room->members.size() > 1 && hub.is_member(self, name)) ++seen;
  }
  return seen;
}

}  // namespace

LineCost irc_cost(const codec::IrcMessage& message, const chat::Hub& hub, chat::SessionId self) {
  const std::string_view targets = message.param(0);
  if (is_one_of(message, {"PRIVMSG", "NOTICE"}))
    return {std::clamp<std::size_t>(parts_of(targets).size(), 1, max_targets), 0};
  if (message.is("JOIN")) return {0, std::max<std::size_t>(parts_of(targets).size(), 1)};
  if (message.is("PART") || (message.is("TOPIC") && message.size() > 1)) return {seen_in(targets, hub, self), 1};
  if (is_one_of(message, {"PONG", "QUIT"})) return {};
  if (message.is("NICK")) return {2, 0};
  if (is_one_of(message, {"KICK", "AWAY"})) return {1, 0};
  if (is_one_of(message, {"WHO", "WHOX", "NAMES", "LIST", "LUSERS", "MOTD", "CHATHISTORY"})) return {0, 2};
  return {0, 1};
}

const IrcCommand* find_irc_command(std::string_view name) noexcept {
  for (const IrcCommand& command : commands) {
    if (codec::equal_ignoring_case(command.name, name)) return &command;
  }
  return nullptr;
}

std::string shown_text(std::string_view text, std::size_t max_size) {
  const std::string clean = codec::sanitize_line(text);
  return std::string(clip(clean, max_size));
}

std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    const auto is_it = [&](const std::string& other) { return codec::same_name(other, part); };
    if (!part.empty() && std::none_of(parts.begin(), parts.end(), is_it)) parts.emplace_back(part);
  }
  return parts;
}

}  // namespace loquat::doors
