#include <algorithm>
#include <initializer_list>

#include "doors/irc/commands.h"

namespace loquat::doors {
namespace {

bool is_one_of(const codec::IrcMessage& message, std::initializer_list<std::string_view> names) noexcept {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return message.is(name); });
}

}  // namespace

LineCost irc_cost(const codec::IrcMessage& message) noexcept {
  const std::string_view targets = message.param(0);
  if (is_one_of(message, {"PRIVMSG", "NOTICE", "TAGMSG", "JOIN", "PART"}))
    return {1 + static_cast<std::size_t>(std::count(targets.begin(), targets.end(), ',')), 0};
  if (is_one_of(message, {"PONG", "QUIT"})) return {};
  if (message.is("NICK")) return {2, 0};
  if (is_one_of(message, {"TOPIC", "KICK", "INVITE", "AWAY"})) return {1, 0};
  if (is_one_of(message, {"WHO", "WHOX", "NAMES", "LIST", "LUSERS", "MOTD", "CHATHISTORY"})) return {0, 2};
  return {0, 1};
}

}  // namespace loquat::doors
