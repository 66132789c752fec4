// WHOIS, ISON and USERHOST: questions about people.
#include <algorithm>

#include "codec/irc/numerics.h"
#include "doors/irc/commands.h"

namespace loquat::doors {

UserHost user_host(const chat::Person& person) {
  const std::string origin = irc_origin(person.origin);
  const std::size_t at = origin.find('@');
  return {origin.substr(0, at), origin.substr(at + 1)};
}

void irc_whois(IrcCall& call) {
  const std::string_view nick = call.message.size() > 1 ? call.param(1) : call.param(0);
  if (nick.empty()) return call.reply.numeric(codec::ERR_NONICKNAMEGIVEN, {}, "No nickname given");
  const chat::Person* person = call.client.hub().person(nick);
  if (person == nullptr) {
    call.reply.numeric(codec::ERR_NOSUCHNICK, {nick}, "No such nick/channel");
  } else {
    const UserHost who = user_host(*person);
    const Options& options = call.client.context().options;
    call.reply.numeric(codec::RPL_WHOISUSER, {person->nick, who.user, who.host, "*"}, person->nick);
    std::vector<std::string> rooms;
    for (const chat::Room* room : person->rooms) rooms.push_back(room->name);
    call.reply.list(codec::RPL_WHOISCHANNELS, {person->nick}, rooms);
    call.reply.numeric(codec::RPL_WHOISSERVER, {person->nick, options.server_name}, "Loquat " + options.version);
  }
  call.reply.numeric(codec::RPL_ENDOFWHOIS, {nick}, "End of /WHOIS list");
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
    if (person != nullptr) here.push_back(person->nick + "=+" + irc_origin(person->origin));
  }
  if (here.empty()) return call.reply.numeric(codec::RPL_USERHOST, {}, "");
  call.reply.list(codec::RPL_USERHOST, {}, here);
}

}  // namespace loquat::doors
