// OPER, KICK and KILL: for clients with the operator key (operator_key.h).
#include "codec/irc/numerics.h"
#include "doors/common/operator_key.h"
#include "doors/irc/commands.h"

namespace loquat::doors {

namespace {

std::string reason(IrcCall& call, std::size_t param) {
  return shown_text(call.param(param), call.client.context().log.limits().text);
}

}  // namespace

// The first parameter, a name, is for servers that have several operators.
void irc_oper(IrcCall& call) {
  if (!is_operator_key(call.client.context(), call.param(1), call.client.nick()))
    return call.reply.numeric(codec::ERR_PASSWDMISMATCH, {}, "Password incorrect");
  call.client.submit_quietly(chat::Command::oper());
  call.reply.numeric(codec::RPL_YOUREOPER, {}, "You are now an IRC operator");
}

void irc_kick(IrcCall& call) {
  const std::vector<std::string> nicks = parts_of(call.param(1));
  for (const std::string& nick : nicks) {
    call.client.submit(call, chat::Command::kick(std::string(call.param(0)), nick, reason(call, 2)), nicks.size() > 1);
  }
  if (nicks.empty()) call.reply.numeric(codec::ERR_NEEDMOREPARAMS, {"KICK"}, "Not enough parameters");
}

void irc_kill(IrcCall& call) {
  call.client.submit(call, chat::Command::kick({}, std::string(call.param(0)), reason(call, 1)));
}

}  // namespace loquat::doors
