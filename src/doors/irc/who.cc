// WHO: lists people by room, nick or mask, also with WHOX.
#include <algorithm>
#include <optional>

#include "codec/irc/numerics.h"
#include "codec/text/names.h"
#include "doors/irc/commands.h"

namespace loquat::doors {
namespace {

using chat::Person;

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

}  // namespace loquat::doors
