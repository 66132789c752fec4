// OPER, KICK and KILL: for clients with the operator key (operator_key.h).
#include "codec/irc/numerics.h"
#include "doors/irc/commands.h"
#include "doors/operator/operator_commands.h"
#include "doors/operator/operator_key.h"

namespace loquat::doors {

namespace {

std::string reason(IrcCall& call, std::size_t param) {
  return shown_text(call.param(param), call.client.context().log.limits().text);
}

// Who is not in the room does not see the KICK, and is told.
void kick_from_outside(IrcCall& call, const std::vector<std::string>& nicks) {
  call.client.settle();
  for (const std::string& nick : nicks) {
    const chat::Ticket ticket =
        call.client.carry_out(chat::Command::kick(std::string(call.param(0)), nick, reason(call, 2)));
    if (!ticket.get().ok())
      explain(ticket, call.client.caps(), call.reply);
    else
      call.reply.notice(describe_operation(ticket, call.client.hub().bans()));
  }
}

}  // namespace

// The first parameter, a name, is for servers that have several operators.
void irc_oper(IrcCall& call) {
  if (!is_operator_key(call.client.context(), call.param(1), call.client.address()))
    return call.reply.numeric(codec::ERR_PASSWDMISMATCH, {}, "Password incorrect");
  call.client.become_operator();
  call.reply.numeric(codec::RPL_YOUREOPER, {}, "You are now an IRC operator");
}

void irc_kick(IrcCall& call) {
  const std::vector<std::string> nicks = parts_of(call.param(1));
  if (call.client.is_operator() && !call.client.hub().is_member(call.client.id(), call.param(0)))
    return kick_from_outside(call, nicks);
  for (const std::string& nick : nicks) {
    call.client.submit(call, chat::Command::kick(std::string(call.param(0)), nick, reason(call, 2)), nicks.size() > 1);
  }
  if (nicks.empty()) call.reply.numeric(codec::ERR_NEEDMOREPARAMS, {"KICK"}, "Not enough parameters");
}

void irc_kill(IrcCall& call) {
  const chat::Ticket ticket =
      call.client.carry_out(chat::Command::kick({}, std::string(call.param(0)), reason(call, 1)));
  if (!ticket.get().ok()) return explain(ticket, call.client.caps(), call.reply);
  call.reply.notice(describe_operation(ticket, call.client.hub().bans()));
}

}  // namespace loquat::doors
