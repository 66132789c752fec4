// WHO, WHOIS, ISON, USERHOST, MOTD, LUSERS, VERSION, TIME and the welcome: questions about people and the server.
#include <algorithm>
#include <optional>

#include "codec/irc/numerics.h"
#include "codec/text/names.h"
#include "doors/irc/commands.h"

namespace loquat::doors {
namespace {

using chat::Person;

struct UserHost {
  std::string user, host;
};

UserHost user_host(const Person& person) {
  const std::string origin = irc_origin(person.origin);
  const std::size_t at = origin.find('@');
  return {origin.substr(0, at), origin.substr(at + 1)};
}

// Whether `text` matches `mask`, in which * stands for any text and ? for any byte.
bool fits(std::string_view mask, std::string_view text) {
  std::size_t m = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (m < mask.size() && mask[m] == '*') {
      star = m++;
      resume = t;
    } else if (m < mask.size() && (mask[m] == '?' || mask[m] == text[t])) {
      ++m;
      ++t;
    } else if (star != std::string_view::npos) {
      m = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return mask.find_first_not_of('*', m) == std::string_view::npos;
}

// WHOX: "%cuhsnfdar,token". Nothing: plain RPL_WHOREPLY.
struct Fields {
  std::string letters;
  std::string token;
};

std::optional<Fields> whox(std::string_view text) {
  const std::size_t percent = text.find('%');
  if (percent == std::string_view::npos) return std::nullopt;
  text.remove_prefix(percent + 1);
  const std::size_t comma = text.find(',');
  Fields fields{std::string(text.substr(0, comma)), {}};
  if (comma != std::string_view::npos) fields.token = text.substr(comma + 1, 3);
  return fields;
}

void add_whox(IrcCall& call, const Person& person, std::string_view room, const Fields& fields) {
  const UserHost who = user_host(person);
  const std::string& server = call.client.context().options.server_name;
  std::string line = ":" + server + ' ' + std::string(codec::RPL_WHOSPCRPL) + ' ' + call.client.nick();
  for (const char letter : std::string_view("tcuihsnfdlao")) {
    if (fields.letters.find(letter) == std::string::npos) continue;
    line += ' ';
    switch (letter) {
      case 't':
        line += fields.token.empty() ? "0" : fields.token;
        break;
      case 'c':
        line += room;
        break;
      case 'u':
        line += who.user;
        break;
      case 'i':
        line += "255.255.255.255";
        break;  // as for somebody whose address is not shown
      case 'h':
        line += who.host;
        break;
      case 's':
        line += server;
        break;
      case 'n':
        line += person.nick;
        break;
      case 'f':
        line += 'H';
        break;
      case 'd':
        line += '0';
        break;
      case 'l':
        line += '0';
        break;
      case 'a':
        line += '0';
        break;
      default:
        line += "n/a";
    }
  }
  if (fields.letters.find('r') != std::string::npos) (line += " :") += person.nick;
  call.reply.line(std::string(clip(line, codec::IrcLimits::line)));
}

void add_who(IrcCall& call, const Person& person, std::string_view room, const std::optional<Fields>& fields) {
  if (fields) return add_whox(call, person, room, *fields);
  const UserHost who = user_host(person);
  call.reply.numeric(codec::RPL_WHOREPLY,
                     {room, who.user, who.host, call.client.context().options.server_name, person.nick, "H"},
                     "0 " + person.nick);
}

// Lists everybody who is in a room and matches the mask, once.
void who_mask(IrcCall& call, const std::string& mask, const std::optional<Fields>& fields) {
  std::vector<const Person*> found;
  const std::string folded = codec::fold_name(mask);
  call.client.hub().each_room([&](const chat::Room& room) {
    for (const Person* person : room.members) {
      const std::string nick = codec::fold_name(person->nick);
      if (fits(folded, nick) || fits(folded, nick + '!' + irc_origin(person->origin))) found.push_back(person);
    }
  });
  std::sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->session < b->session; });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (const Person* person : found) add_who(call, *person, "*", fields);
}

std::string isupport(const Context& context) {
  std::string network = context.options.server_name;
  std::replace(network.begin(), network.end(), ' ', '_');
  const chat::Limits& limits = context.log.limits();
  return "CASEMAPPING=ascii CHANTYPES=# CHANMODES=b,,,n PREFIX=(ov)@+ NICKLEN=" + std::to_string(codec::nick_length) +
         " CHANNELLEN=" + std::to_string(codec::room_length) + " TOPICLEN=" + std::to_string(limits.text) +
         " CHANLIMIT=#:" + std::to_string(limits.rooms_per_session) + " NETWORK=" + network + " WHOX UTF8ONLY";
}

void add_isupport(const Context& context, IrcReply& reply) {
  const auto say = [&](const std::string& tokens) {
    std::string line =
        ":" + context.options.server_name + ' ' + std::string(codec::RPL_ISUPPORT) + ' ' + reply.nick() + ' ' + tokens;
    reply.line(line + " :are supported by this server");
  };
  say(isupport(context));
  say("CHATHISTORY=" + std::to_string(context.options.max_history_reads) +
      " MSGREFTYPES=msgid,timestamp CLIENTTAGDENY=*,-" + std::string(irc_client_tag.substr(1)) +
      " TARGMAX=PRIVMSG:4,NOTICE:4,JOIN:,PART:,NAMES:,LIST:");
}

}  // namespace

void irc_who(IrcCall& call) {
  const std::string mask(call.param(0));
  const std::optional<Fields> fields = whox(call.param(1));
  if (mask.starts_with('#')) {
    if (const chat::Room* room = call.client.hub().room(mask)) {
      for (const Person* member : room->members) add_who(call, *member, room->name, fields);
    }
  } else if (const Person* person = call.client.hub().person(mask)) {
    add_who(call, *person, person->rooms.empty() ? "*" : std::string_view(person->rooms.front()->name), fields);
  } else {
    who_mask(call, mask.empty() || mask == "0" ? "*" : mask, fields);
  }
  call.reply.numeric(codec::RPL_ENDOFWHO, {mask}, "End of /WHO list");
}

void irc_whois(IrcCall& call) {
  const std::string_view nick = call.message.size() > 1 ? call.param(1) : call.param(0);
  if (nick.empty()) return call.reply.numeric(codec::ERR_NONICKNAMEGIVEN, {}, "No nickname given");
  const Person* person = call.client.hub().person(nick);
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

void irc_ison(IrcCall& call) {
  std::string here;
  for (const std::string_view param : call.message.params()) {
    for (std::string_view rest = param; !rest.empty();) {
      const std::string_view nick = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(nick.size() + 1, rest.size()));
      const Person* person = nick.empty() ? nullptr : call.client.hub().person(nick);
      if (person != nullptr) here += (here.empty() ? "" : " ") + person->nick;
    }
  }
  call.reply.numeric(codec::RPL_ISON, {}, here);
}

void irc_userhost(IrcCall& call) {
  std::string here;
  for (const std::string_view nick : call.message.params().first(std::min<std::size_t>(call.message.size(), 5))) {
    const Person* person = call.client.hub().person(nick);
    if (person != nullptr) here += (here.empty() ? "" : " ") + person->nick + "=+" + irc_origin(person->origin);
  }
  call.reply.numeric(codec::RPL_USERHOST, {}, here);
}

void irc_motd(IrcCall& call) {
  const Options& options = call.client.context().options;
  call.reply.numeric(codec::RPL_MOTDSTART, {}, "- " + options.server_name + " Message of the day -");
  call.reply.numeric(codec::RPL_MOTD, {}, "- Everyone's first room is " + options.lobby + ": /join " + options.lobby);
  call.reply.numeric(codec::RPL_ENDOFMOTD, {}, "End of /MOTD command");
}

void irc_lusers(IrcCall& call) {
  const std::string people = std::to_string(call.client.hub().people());
  std::size_t rooms = 0;
  call.client.hub().each_room([&](const chat::Room&) { ++rooms; });
  call.reply.numeric(codec::RPL_LUSERCLIENT, {}, "There are " + people + " users and 0 invisible on 1 servers");
  call.reply.numeric(codec::RPL_LUSEROP, {"0"}, "operator(s) online");
  call.reply.numeric(codec::RPL_LUSERUNKNOWN, {"0"}, "unknown connection(s)");
  call.reply.numeric(codec::RPL_LUSERCHANNELS, {std::to_string(rooms)}, "channels formed");
  call.reply.numeric(codec::RPL_LUSERME, {}, "I have " + people + " clients and 0 servers");
  call.reply.numeric(codec::RPL_LOCALUSERS, {people, people}, "Current local users " + people + ", max " + people);
  call.reply.numeric(codec::RPL_GLOBALUSERS, {people, people}, "Current global users " + people + ", max " + people);
}

void irc_version(IrcCall& call) {
  const Options& options = call.client.context().options;
  call.reply.numeric(codec::RPL_VERSION, {"loquat-" + options.version, options.server_name}, "UTF-8 only");
  add_isupport(call.client.context(), call.reply);
}

void irc_time_command(IrcCall& call) {
  const auto time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  call.reply.numeric(codec::RPL_TIME, {call.client.context().options.server_name}, irc_time(time));
}

void add_welcome(IrcSession& client, IrcReply& reply) {
  const Options& options = client.context().options;
  const Person* self = client.hub().person(client.id());
  const std::string mask = client.nick() + '!' + irc_origin(self->origin);
  reply.numeric(codec::RPL_WELCOME, {}, "Welcome to " + options.server_name + ", " + mask);
  reply.numeric(codec::RPL_YOURHOST, {}, "Your host is " + options.server_name + ", running Loquat " + options.version);
  reply.numeric(codec::RPL_CREATED, {},
                "This server keeps what is said; " + options.lobby + " is everyone's first room");
  reply.numeric(codec::RPL_MYINFO, {options.server_name, "loquat-" + options.version, "i", "bnov", "b"});
  add_isupport(client.context(), reply);
  codec::IrcMessage none;
  IrcCall call{client, none, reply};
  irc_lusers(call);
  irc_motd(call);
}

}  // namespace loquat::doors
