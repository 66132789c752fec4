// WHOIS, WHOWAS, ISON, USERHOST and AWAY: people, here and gone.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "codec/irc/numerics.h"
#include "codec/text/names.h"
#include "doors/irc/commands.h"

namespace loquat::doors {

UserHost user_host(std::string_view given) {
  const std::string origin = irc_origin(given);
  const std::size_t at = origin.find('@');
  return {origin.substr(0, at), origin.substr(at + 1)};
}

std::string address_for(const IrcCall& call, const chat::Person& person) {
  if (!call.client.is_operator() || person.address.empty()) return "255.255.255.255";
  return (person.address.starts_with(':') ? "0" : "") + person.address;
}

std::string_view real_name(const chat::Person& person) {
  return person.real_name.empty() ? person.nick : person.real_name;
}

void add_away(const chat::Person& person, IrcReply& reply) {
  if (!person.away.empty()) reply.numeric(codec::RPL_AWAY, {person.nick}, person.away);
}

void irc_away(IrcCall& call) {
  const std::string why = shown_text(call.param(0), call.client.context().log.limits().text);
  const chat::Ticket ticket = call.client.carry_out(chat::Command::away(why));
  if (!ticket.get().ok()) {
    call.reply.numeric(codec::ERR_UNKNOWNERROR, {"AWAY"}, chat::describe(ticket.get().reason));
  } else if (why.empty()) {
    call.reply.numeric(codec::RPL_UNAWAY, {}, "You are no longer marked as being away");
  } else {
    call.reply.numeric(codec::RPL_NOWAWAY, {}, "You have been marked as being away");
  }
}

namespace {

void add_whois(IrcCall& call, const chat::Person& person) {
  const UserHost who = user_host(person.origin);
  const Options& options = call.client.context().options;
  call.reply.numeric(codec::RPL_WHOISUSER, {person.nick, who.user, who.host, "*"}, real_name(person));
  std::vector<std::string> rooms;
  for (const chat::Room* room : person.rooms) rooms.push_back((person.is_operator ? "@" : "") + room->name);
  call.reply.list(codec::RPL_WHOISCHANNELS, {person.nick}, rooms);
  if (call.client.is_operator() && !person.address.empty())
    call.reply.numeric(codec::RPL_WHOISACTUALLY, {person.nick, address_for(call, person)}, "is actually using host");
  call.reply.numeric(codec::RPL_WHOISSERVER, {person.nick, options.server_name}, "Loquat " + options.version);
  if (person.is_operator) call.reply.numeric(codec::RPL_WHOISOPERATOR, {person.nick}, "is an IRC operator");
  add_away(person, call.reply);
}

}  // namespace

void irc_whois(IrcCall& call) {
  const std::string_view nick = call.message.size() > 1 ? call.param(1) : call.param(0);
  if (nick.empty()) return call.reply.numeric(codec::ERR_NONICKNAMEGIVEN, {}, "No nickname given");
  if (const chat::Person* person = call.client.hub().person(nick)) {
    add_whois(call, *person);
  } else {
    call.reply.numeric(codec::ERR_NOSUCHNICK, {nick}, "No such nick/channel");
  }
  call.reply.numeric(codec::RPL_ENDOFWHOIS, {nick}, "End of /WHOIS list");
}

// The newest first; the second parameter says how many at most.
void irc_whowas(IrcCall& call) {
  const std::string_view nick = call.param(0), limit = call.param(1);
  if (nick.empty()) return call.reply.numeric(codec::ERR_NONICKNAMEGIVEN, {}, "No nickname given");
  std::size_t most = 0, found = 0;
  std::from_chars(limit.data(), limit.data() + limit.size(), most);
  const auto& all = call.client.hub().departures().all_gone();
  for (auto gone = all.rbegin(); gone != all.rend() && (most == 0 || found < most); ++gone) {
    if (!codec::same_name(gone->nick, nick)) continue;
    ++found;
    const UserHost who = user_host(gone->origin);
    const std::string& server = call.client.context().options.server_name;
    call.reply.numeric(codec::RPL_WHOWASUSER, {gone->nick, who.user, who.host, "*"},
                       gone->real_name.empty() ? gone->nick : gone->real_name);
    call.reply.numeric(codec::RPL_WHOISSERVER, {gone->nick, server}, irc_time(gone->time));
  }
  if (found == 0) call.reply.numeric(codec::ERR_WASNOSUCHNICK, {nick}, "There was no such nickname");
  call.reply.numeric(codec::RPL_ENDOFWHOWAS, {nick}, "End of WHOWAS");
}

// As many lines as the answer needs; an empty one if nobody is there.
void irc_ison(IrcCall& call) {
  std::vector<std::string> here;
  for (const std::string_view param : call.message.params()) {
    for (std::string_view rest = param; !rest.empty();) {
      const std::string_view nick = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(nick.size() + 1, rest.size()));
      const chat::Person* person = nick.empty() ? nullptr : call.client.hub().person(nick);
      if (person != nullptr) here.push_back(person->nick);
    }
  }
  if (here.empty()) return call.reply.numeric(codec::RPL_ISON, {}, "");
  call.reply.list(codec::RPL_ISON, {}, here);
}

void irc_userhost(IrcCall& call) {
  std::vector<std::string> here;
  for (const std::string_view nick : call.message.params().first(std::min<std::size_t>(call.message.size(), 5))) {
    const chat::Person* person = call.client.hub().person(nick);
    if (person == nullptr) continue;
    here.push_back(person->nick + (person->is_operator ? "*=" : "=") + (person->away.empty() ? '+' : '-') +
                   irc_origin(person->origin));
  }
  if (here.empty()) return call.reply.numeric(codec::RPL_USERHOST, {}, "");
  call.reply.list(codec::RPL_USERHOST, {}, here);
}

}  // namespace loquat::doors
