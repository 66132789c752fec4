// MODE #room +b, -b and b, KLINE, DLINE, UNKLINE, UNDLINE. There are no bans of one room: each of these is a ban from
// the server, for clients with the operator key. docs/irc.md has the masks.
#include <algorithm>
#include <optional>

#include "codec/irc/numerics.h"
#include "codec/text/names.h"
#include "doors/irc/commands.h"
#include "doors/operator/operator_commands.h"

namespace loquat::doors {
namespace {

using chat::Command;
using chat::Reason;
using codec::AddressPrefix;

constexpr std::string_view what_masks_there_are =
    "A ban is of a nick (NICK!*@*) or of an address (*!*@192.0.2.0/24); KLINE NICK bans the address of NICK";

// The nick, the address or the prefix that a mask stands for; empty if it is none of the masks of docs/irc.md.
std::string target_of(std::string_view mask) {
  const std::size_t at = mask.find('@'), bang = mask.substr(0, at).find('!');
  if (at == std::string_view::npos && bang == std::string_view::npos) return chat::ban_target(mask);
  const std::string_view host = at == std::string_view::npos ? "*" : mask.substr(at + 1);
  const std::string_view before = mask.substr(0, at);
  const std::string_view nick = bang == std::string_view::npos ? "*" : before.substr(0, bang);
  const std::string_view user = bang == std::string_view::npos ? before : before.substr(bang + 1);
  if (user != "*" || (nick == "*") == (host == "*")) return {};
  const std::string target = chat::ban_target(nick == "*" ? host : nick);
  return AddressPrefix::parse(target).has_value() == (nick == "*") ? target : std::string();
}

std::string mask_of(const std::string& target) {
  return AddressPrefix::parse(target) ? "*!*@" + target : target + "!*@*";
}

void refuse(IrcCall& call) {
  call.reply.numeric(codec::ERR_NOPRIVILEGES, {}, "Permission Denied- You're not an IRC operator");
}

// What an operator is told; `target` is the word that bans the address.
std::string sentence(IrcCall& call, const chat::Ticket& ticket) {
  return describe_operation(ticket, call.client.hub().bans(), "KLINE " + ticket.command().target);
}

void list_bans(IrcCall& call, const std::string& room) {
  if (call.client.is_operator()) {
    for (const auto& [target, ban] : call.client.hub().bans().all()) {
      const auto since = std::chrono::duration_cast<std::chrono::seconds>(ban.time.time_since_epoch()).count();
      call.reply.numeric(codec::RPL_BANLIST,
                         {room, mask_of(target), ban.setter.empty() ? "*" : ban.setter, std::to_string(since)});
    }
  }
  call.reply.numeric(codec::RPL_ENDOFBANLIST, {room}, "End of channel ban list");
}

void change_ban(IrcCall& call, const std::string& room, bool add, std::string_view mask) {
  const std::string target = target_of(mask);
  if (target.empty()) return call.reply.numeric(codec::ERR_INVALIDMODEPARAM, {room, "b", mask}, what_masks_there_are);
  const chat::Ticket ticket = call.client.carry_out(add ? Command::ban(target) : Command::unban(target));
  const chat::Person* self = call.client.hub().person(call.client.id());
  if (self == nullptr) return;
  for (const std::string& changed : ticket.get().targets) {
    call.reply.line(":" + self->nick + '!' + irc_origin(self->origin) + " MODE " + room + (add ? " +b " : " -b ") +
                    mask_of(changed));
  }
  call.reply.notice(sentence(call, ticket) + (add && ticket.get().ok() ? " (bans hold for the whole server)" : ""));
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// KLINE NICK means where the nick comes from, as on other servers; NICK!*@* the nick.
std::optional<Command> kline(std::string_view mask, std::string why) {
  const std::string target = target_of(mask);
  if (target.empty()) return std::nullopt;
  if (target == mask && !AddressPrefix::parse(target)) return Command::ban_address(target, std::move(why));
  return Command::ban(target, std::move(why));
}

}  // namespace

void change_bans(IrcCall& call, const std::string& room) {
  const std::string_view modes = call.param(1);
  const auto changes = static_cast<std::size_t>(std::count(modes.begin(), modes.end(), 'b'));
  if (changes == 0) return;
  if (call.message.size() == 2) return list_bans(call, room);
  if (!call.client.is_operator())
    return call.reply.numeric(codec::ERR_CHANOPRIVSNEEDED, {room}, "You're not channel operator");
  bool add = true;
  std::size_t next = 2;
  for (const char mode : modes) {
    if (mode != 'b')
      add = mode == '+';
    else if (next < call.message.size())
      change_ban(call, room, add, call.param(next++));
  }
}

void irc_kline(IrcCall& call) {
  if (!call.client.is_operator()) return refuse(call);
  if (call.message.size() == 0) {
    for (const std::string& line : ban_lines(call.client.hub().bans())) call.reply.notice(line);
    return;
  }
  const bool has_duration = call.message.size() > 1 && is_number(call.param(0));
  if (has_duration && call.param(0) != "0")
    return call.reply.notice("A ban lasts until UNKLINE: leave out the duration");
  const std::size_t first = has_duration ? 1 : 0;
  const std::string why = shown_text(call.param(first + 1), call.client.context().log.limits().text);
  const auto command = kline(call.param(first), why);
  if (!command)
    return call.reply.notice(std::string(call.param(first)) + " was not banned. " + what_masks_there_are.data());
  const chat::Ticket ticket = call.client.carry_out(*command);
  const bool unknown = ticket.get().reason == Reason::no_such_nick;
  call.reply.notice(sentence(call, ticket) + (unknown ? ". KLINE " + command->target + "!*@* bans the nick" : ""));
}

void irc_unkline(IrcCall& call) {
  if (!call.client.is_operator()) return refuse(call);
  const std::string target = target_of(call.param(0));
  const chat::Ticket ticket =
      call.client.carry_out(Command::unban(target.empty() ? std::string(call.param(0)) : target));
  call.reply.notice(sentence(call, ticket));
}

}  // namespace loquat::doors
