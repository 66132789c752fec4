// What an IRC client is told about a command that the log has refused.
#include "codec/irc/numerics.h"
#include "codec/text/names.h"
#include "doors/irc/commands.h"

namespace loquat::doors {
namespace {

using chat::CommandKind;
using chat::Reason;

std::string_view name_of(CommandKind kind) {
  switch (kind) {
    case CommandKind::rename:
      return "NICK";
    case CommandKind::join:
      return "JOIN";
    case CommandKind::part:
      return "PART";
    case CommandKind::notice:
      return "NOTICE";
    case CommandKind::topic:
      return "TOPIC";
    case CommandKind::kick:
      return "KICK";
    default:
      return "PRIVMSG";
  }
}

std::string sentence_of(const chat::Outcome& outcome) {
  std::string sentence = chat::describe(outcome.reason);
  if (!outcome.details.empty()) sentence += ": " + outcome.details;
  return sentence;
}

bool is_disk(Reason reason) { return reason == Reason::read_only || reason == Reason::not_saved; }

void explain_nick(const chat::Command& command, Reason reason, const std::string& sentence, IrcReply& reply) {
  if (reason == Reason::nick_in_use) {
    reply.numeric(codec::ERR_NICKNAMEINUSE, {command.target}, "Nickname is already in use");
  } else {
    reply.numeric(codec::ERR_ERRONEUSNICKNAME, {command.target},
                  reason == Reason::bad_nick ? "Erroneous nickname" : sentence);
  }
}

void explain_join(const chat::Command& command, Reason reason, const std::string& sentence, IrcReply& reply) {
  if (reason == Reason::already_member) return;
  const std::string_view code = reason == Reason::too_many_rooms ? codec::ERR_TOOMANYCHANNELS
                                : reason == Reason::banned       ? codec::ERR_BANNEDFROMCHAN
                                : command.room.starts_with('#')  ? codec::ERR_BADCHANMASK
                                                                 : codec::ERR_NOSUCHCHANNEL;
  std::string text = sentence;
  if (reason == Reason::bad_room) {
    text = "A room's name ";
    text += codec::describe(codec::check_room(command.room));
  }
  reply.numeric(code, {command.room}, text);
}

void explain_room(const chat::Command& command, Reason reason, const std::string& sentence, IrcReply& reply) {
  if (reason == Reason::no_such_room) {
    reply.numeric(codec::ERR_NOSUCHCHANNEL, {command.room}, "No such channel");
  } else if (reason == Reason::not_member) {
    reply.numeric(codec::ERR_NOTONCHANNEL, {command.room}, "You're not on that channel");
  } else {
    reply.numeric(codec::ERR_UNKNOWNERROR, {name_of(command.kind)}, sentence);
  }
}

void explain_said(const chat::Command& command, Reason reason, const std::string& sentence, IrcReply& reply) {
  if (reason == Reason::no_such_nick) {
    reply.numeric(codec::ERR_NOSUCHNICK, {command.target}, "No such nick/channel");
  } else if (reason == Reason::no_such_room) {
    reply.numeric(codec::ERR_NOSUCHCHANNEL, {command.room}, "No such channel");
  } else {
    const std::string& where = command.room.empty() ? command.target : command.room;
    reply.numeric(codec::ERR_CANNOTSENDTOCHAN, {where},
                  reason == Reason::not_member ? "Cannot send to channel: you are not in it" : sentence);
  }
}

void explain_kick(const chat::Command& command, Reason reason, const std::string& sentence, IrcReply& reply) {
  if (reason == Reason::not_operator) {
    if (command.room.empty())
      return reply.numeric(codec::ERR_NOPRIVILEGES, {}, "Permission Denied- You're not an IRC operator");
    reply.numeric(codec::ERR_CHANOPRIVSNEEDED, {command.room}, "You're not channel operator");
  } else if (reason == Reason::no_such_nick) {
    reply.numeric(codec::ERR_NOSUCHNICK, {command.target}, "No such nick/channel");
  } else if (reason == Reason::is_console) {
    reply.numeric(codec::ERR_CANTKILLSERVER, {}, "You can't kill or kick " + command.target + ": " + sentence);
  } else if (reason == Reason::not_member) {
    reply.numeric(codec::ERR_USERNOTINCHANNEL, {command.target, command.room}, "They aren't on that channel");
  } else {
    explain_room(command, reason, sentence, reply);
  }
}

}  // namespace

void explain(const chat::Ticket& ticket, unsigned caps, IrcReply& reply) {
  const chat::Command& command = ticket.command();
  const chat::Outcome& outcome = ticket.get();
  const std::string sentence = sentence_of(outcome);
  if (is_disk(outcome.reason) && (caps & irc_cap::standard_replies)) {
    const std::string_view code = outcome.reason == Reason::read_only ? "READ_ONLY" : "NOT_SAVED";
    return reply.fail(name_of(command.kind), code, {command.room.empty() ? command.target : command.room}, sentence);
  }
  switch (command.kind) {
    case CommandKind::rename:
      return explain_nick(command, outcome.reason, sentence, reply);
    case CommandKind::join:
      return explain_join(command, outcome.reason, sentence, reply);
    case CommandKind::part:
    case CommandKind::topic:
      return explain_room(command, outcome.reason, sentence, reply);
    case CommandKind::kick:
      return explain_kick(command, outcome.reason, sentence, reply);
    case CommandKind::message:
    case CommandKind::action:
      return explain_said(command, outcome.reason, sentence, reply);
    case CommandKind::notice:  // to be answered by no program: only what the user must know
      if (is_disk(outcome.reason)) explain_said(command, outcome.reason, sentence, reply);
      return;
    default:
      return;
  }
}

}  // namespace loquat::doors
