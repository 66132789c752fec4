// CAP, NICK, USER, PASS, RESUME, PING, PONG, QUIT: coming, staying, going.
#include <algorithm>
#include <charconv>

#include "codec/irc/numerics.h"
#include "codec/text/chars.h"
#include "codec/text/names.h"
#include "doors/common/quoted.h"
#include "doors/irc/commands.h"
#include "doors/operator/operator_key.h"

namespace loquat::doors {
namespace {

constexpr std::size_t max_user = 10;
constexpr std::size_t max_real_name = 100;

// ":server CAP nick VERB :names".
void say_cap(IrcCall& call, std::string_view verb, const std::string& names) {
  call.reply.server("CAP", {call.reply.nick(), verb}, names);
}

std::string cap_names(unsigned caps) {
  std::string names;
  for (const IrcCap& cap : irc_caps) {
    if ((caps & cap.bit) == 0) continue;
    if (!names.empty()) names += ' ';
    names += cap.name;
  }
  return names;
}

// All that is asked for, or nothing of it.
void request_caps(IrcCall& call) {
  const std::string_view wanted = call.param(1);
  unsigned caps = call.client.caps();
  for (std::string_view rest = wanted; !rest.empty();) {
    std::string_view name = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (name.empty()) continue;
    const bool off = name.front() == '-';
    if (off) name.remove_prefix(1);
    const unsigned bit = irc_cap_bit(name);
    if (bit == 0) return say_cap(call, "NAK", std::string(wanted));
    caps = off ? caps & ~bit : caps | bit;
  }
  say_cap(call, "ACK", std::string(wanted));
  call.client.set_caps(caps);
}

bool is_user_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

void irc_cap_command(IrcCall& call) {
  IrcSession::Entering* entering = call.client.entering();
  if (codec::equal_ignoring_case(call.param(0), "LS")) {
    if (entering != nullptr) entering->negotiating = true;
    say_cap(call, "LS", cap_names(~0u));
  } else if (codec::equal_ignoring_case(call.param(0), "LIST")) {
    say_cap(call, "LIST", cap_names(call.client.caps()));
  } else if (codec::equal_ignoring_case(call.param(0), "REQ")) {
    if (entering != nullptr) entering->negotiating = true;
    request_caps(call);
  } else if (codec::equal_ignoring_case(call.param(0), "END")) {
    if (entering != nullptr) entering->negotiating = false;
  } else {
    call.reply.numeric(codec::ERR_INVALIDCAPCMD, {call.param(0)}, "Invalid CAP command");
  }
}

void irc_nick(IrcCall& call) {
  const std::string nick(call.param(0));
  if (nick.empty()) return call.reply.numeric(codec::ERR_NONICKNAMEGIVEN, {}, "No nickname given");
  const codec::NameError error = codec::check_nick(nick);
  if (error != codec::NameError::none) {
    return call.reply.numeric(codec::ERR_ERRONEUSNICKNAME, {nick},
                              "Erroneous nickname: it " + std::string(codec::describe(error)));
  }
  if (call.client.registered()) {
    return call.client.submit(call, chat::Command::rename(nick));
  }
  if (call.client.hub().person(nick) != nullptr) {
    return call.reply.numeric(codec::ERR_NICKNAMEINUSE, {nick}, "Nickname is already in use");
  }
  call.client.entering()->nick = nick;
}

void irc_user(IrcCall& call) {
  if (call.client.registered()) return call.reply.numeric(codec::ERR_ALREADYREGISTERED, {}, "You may not reregister");
  if (call.param(0).empty()) return call.reply.numeric(codec::ERR_NEEDMOREPARAMS, {"USER"}, "Not enough parameters");
  std::string user;
  for (const char c : call.param(0)) {
    if (is_user_char(c) && user.size() < max_user) user += c;
  }
  call.client.entering()->user = user.empty() ? "user" : user;
  call.client.entering()->real_name = shown_text(call.param(3), max_real_name);
}

// The operator's key makes an operator, who comes in despite a ban. With anything else the client is let in all the
// same: programs send a password that they have for another server, so it is a wrong key only if it looks like one.
void irc_pass(IrcCall& call) {
  if (call.client.registered()) return call.reply.numeric(codec::ERR_ALREADYREGISTERED, {}, "You may not reregister");
  const Context& context = call.client.context();
  const std::string_view given = call.param(0);
  if (matches_operator_key(context, given)) return call.client.become_operator();
  if (!has_form_of_operator_key(context, given)) return;
  is_operator_key(context, given, call.client.address());  // logs it
  call.reply.numeric(codec::ERR_PASSWDMISMATCH, {}, "That is not the operator key");
}

// "RESUME token msgid", before NICK: the client takes the place of its old session, whose connection may have died
// without a word. That session is over on every worker before the command ends, so its nick is free. Once the client is
// registered it gets the private messages after `msgid` that the old session was sent. The token is used up only then.
void irc_resume(IrcCall& call) {
  if (call.client.registered()) return call.reply.numeric(codec::ERR_ALREADYREGISTERED, {}, "You may not reregister");
  Context& context = call.client.context();
  const std::string token(call.param(0));
  const chat::SessionId old = context.resumes.session(token, now());
  if (old == 0) return call.reply.fail("RESUME", "INVALID_TOKEN", {}, "There is no session of that token");
  chat::Command quit = chat::Command::quit("Back on a new connection");
  quit.session = old;
  context.log.submit(std::move(quit)).get();  // refused if the session is over already
  IrcSession::Entering* entering = call.client.entering();
  if (entering == nullptr) return;  // the client's time ran out meanwhile, or the server stops
  entering->old_token = token;
  entering->seen = 0;
  const std::string_view msgid = call.param(1);
  std::from_chars(msgid.data(), msgid.data() + msgid.size(), entering->seen);
}

void irc_ping(IrcCall& call) {
  if (call.message.size() == 0) return call.reply.numeric(codec::ERR_NOORIGIN, {}, "No origin specified");
  const std::string& server = call.client.context().options.server_name;
  call.reply.server("PONG", {server}, call.param(0));
}

void irc_pong(IrcCall&) {}

void irc_quit(IrcCall& call) {
  const std::size_t max_size = call.client.context().log.limits().text;
  const std::string text = shown_text(call.param(0), max_size);
  const std::string why = text.empty() ? "Client quit" : own_quit(text, max_size);
  if (!call.client.registered()) return call.client.goodbye(why);
  call.deferred = true;
  call.client.submit(call, chat::Command::quit(why));
  call.client.settle();
}

}  // namespace loquat::doors
