// WHO: lists people by room, nick or mask, also with WHOX.
#include <algorithm>

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

// WHO's second parameter, "o%cuhsnfdar,token": 'o' asks for operators only, and what follows '%' for WHOX.
struct Wanted {
  bool operators = false;
  bool whox = false;
  std::string letters;
  std::string token = "0";
};

Wanted wanted_of(std::string_view text) {
  Wanted wanted;
  const std::size_t percent = text.find('%');
  wanted.operators = text.substr(0, percent).find('o') != std::string_view::npos;
  if (percent == std::string_view::npos) return wanted;
  wanted.whox = true;
  text.remove_prefix(percent + 1);
  const std::size_t comma = text.find(',');
  wanted.letters = text.substr(0, comma);
  if (comma != std::string_view::npos && comma + 1 < text.size()) wanted.token = text.substr(comma + 1, 3);
  return wanted;
}

// 'H' or 'G' for here or gone, '*' for an operator, who is one in every room.
std::string flags(const Person& person, std::string_view room) {
  std::string text(1, person.away.empty() ? 'H' : 'G');
  if (person.is_operator) text += room == "*" ? "*" : "*@";
  return text;
}

std::string field(char letter, IrcCall& call, const Person& person, std::string_view room, const Wanted& wanted) {
  switch (letter) {
    case 't':
      return wanted.token;
    case 'c':
      return std::string(room);
    case 'u':
      return user_host(person.origin).user;
    case 'i':
      return address_for(call, person);
    case 'h':
      return user_host(person.origin).host;
    case 's':
      return call.client.context().options.server_name;
    case 'n':
      return person.nick;
    case 'f':
      return flags(person, room);
    case 'o':
      return "n/a";
    default:
      return "0";  // hops, seconds without a word, account
  }
}

void add_who(IrcCall& call, const Person& person, std::string_view room, const Wanted& wanted) {
  if (wanted.operators && !person.is_operator) return;
  const std::string& server = call.client.context().options.server_name;
  if (!wanted.whox) {
    const UserHost who = user_host(person.origin);
    return call.reply.numeric(codec::RPL_WHOREPLY, {room, who.user, who.host, server, person.nick, flags(person, room)},
                              "0 " + std::string(real_name(person)));
  }
  std::string line = ":" + server + ' ' + std::string(codec::RPL_WHOSPCRPL) + ' ' + call.client.nick();
  for (const char letter : std::string_view("tcuihsnfdlao")) {
    if (wanted.letters.find(letter) != std::string::npos) (line += ' ') += field(letter, call, person, room, wanted);
  }
  if (wanted.letters.find('r') != std::string::npos) (line += " :") += real_name(person);
  call.reply.line(std::string(clip(line, codec::IrcLimits::line)));
}

// Lists everybody who is in a room and matches the mask, once.
void who_mask(IrcCall& call, const std::string& mask, const Wanted& wanted) {
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
  for (const Person* person : found) add_who(call, *person, "*", wanted);
}

}  // namespace

void irc_who(IrcCall& call) {
  const std::string mask(call.param(0));
  const Wanted wanted = wanted_of(call.param(1));
  if (mask.starts_with('#')) {
    if (const chat::Room* room = call.client.hub().room(mask)) {
      for (const Person* member : room->members) add_who(call, *member, room->name, wanted);
    }
  } else if (const Person* person = call.client.hub().person(mask)) {
    add_who(call, *person, person->rooms.empty() ? "*" : std::string_view(person->rooms.front()->name), wanted);
  } else {
    who_mask(call, mask.empty() || mask == "0" ? "*" : mask, wanted);
  }
  call.reply.numeric(codec::RPL_ENDOFWHO, {mask}, "End of /WHO list");
}

}  // namespace loquat::doors
