// JOIN, PART, TOPIC, NAMES, LIST and MODE: rooms and who is in them.
#include <algorithm>
#include <chrono>
#include <optional>

#include "codec/irc/numerics.h"
#include "codec/text/names.h"
#include "doors/irc/commands.h"
#include "loquat/fiber.h"

namespace loquat::doors {
namespace {

std::string seconds(chat::WallTime time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

// "JOIN 0": leave all rooms.
void part_all(IrcCall& call) {
  std::vector<std::string> rooms;
  call.client.settle();
  if (const chat::Person* self = call.client.hub().person(call.client.id())) {
    for (const chat::Room* room : self->rooms) rooms.push_back(room->name);
  }
  for (const std::string& room : rooms) {
    call.client.submit(call, chat::Command::part(room), rooms.size() > 1);
  }
}

void set_topic(IrcCall& call, const std::string& room) {
  const std::size_t max_size = call.client.context().log.limits().text;
  call.client.submit(call, chat::Command::topic(room, shown_text(call.param(1), max_size)));
}

void user_mode(IrcCall& call) {
  const std::string& nick = call.client.nick();
  const chat::Person* self = call.client.hub().person(call.client.id());
  if (!codec::same_name(call.param(0), nick)) {
    if (call.client.hub().person(call.param(0)) == nullptr) {
      return call.reply.numeric(codec::ERR_NOSUCHNICK, {call.param(0)}, "No such nick/channel");
    }
    return call.reply.numeric(codec::ERR_USERSDONTMATCH, {}, "Can't change mode for other users");
  }
  // Nobody is found by asking for masks but in a room, so everybody is +i all the time. OPER makes +o.
  bool adds = true, wants_i = false, unknown = false;
  for (const char mode : call.param(1)) {
    if (mode == '+' || mode == '-')
      adds = mode == '+';
    else if (mode == 'i')
      wants_i = adds;
    else if (mode != 'o')
      unknown = true;
  }
  if (unknown) call.reply.numeric(codec::ERR_UMODEUNKNOWNFLAG, {}, "Unknown MODE flag");
  if (wants_i) return call.reply.line(":" + nick + " MODE " + nick + " :+i");
  if (!unknown) call.reply.numeric(codec::RPL_UMODEIS, {self != nullptr && self->is_operator ? "+io" : "+i"});
}

// When the history of a room begins, which a restart does not change. Nothing for a room without a history.
std::optional<chat::WallTime> created(IrcCall& call, const std::string& room) {
  try {
    const auto events = offload([&] { return call.client.context().log.archive().after(room, 0, 1); });
    if (!events.empty()) return events.front().time;
  } catch (const chat::ArchiveError&) {
    // Then it is not known.
  }
  return std::nullopt;
}

void channel_mode(IrcCall& call) {
  const chat::Room* room = call.client.hub().room(call.param(0));
  if (room == nullptr) return call.reply.numeric(codec::ERR_NOSUCHCHANNEL, {call.param(0)}, "No such channel");
  const std::string name = room->name;
  const std::string_view modes = call.param(1);
  if (call.message.size() < 2) {
    call.reply.numeric(codec::RPL_CHANNELMODEIS, {name, "+n"});
    if (const auto time = created(call, name)) call.reply.numeric(codec::RPL_CREATIONTIME, {name, seconds(*time)});
  } else if (modes.find_first_not_of("+-b") == std::string_view::npos) {
    change_bans(call, name);
  } else if (const auto odd = modes.find_first_not_of("+-bnov"); odd != std::string_view::npos) {
    call.reply.numeric(codec::ERR_UNKNOWNMODE, {modes.substr(odd, 1)}, "is unknown mode char to me");
  } else {
    call.reply.numeric(codec::ERR_CHANOPRIVSNEEDED, {name}, "You're not channel operator");
  }
}

}  // namespace

void irc_join(IrcCall& call) {
  if (call.param(0) == "0") return part_all(call);
  const std::vector<std::string> rooms = parts_of(call.param(0));
  if (rooms.empty()) return call.reply.numeric(codec::ERR_NEEDMOREPARAMS, {"JOIN"}, "Not enough parameters");
  for (const std::string& room : rooms) {
    call.client.submit(call, chat::Command::join(room), rooms.size() > 1);
  }
}

void irc_part(IrcCall& call) {
  const std::vector<std::string> rooms = parts_of(call.param(0));
  if (rooms.empty()) return call.reply.numeric(codec::ERR_NEEDMOREPARAMS, {"PART"}, "Not enough parameters");
  const std::string text = shown_text(call.param(1), call.client.context().log.limits().text);
  for (const std::string& room : rooms) {
    call.client.submit(call, chat::Command::part(room, text), rooms.size() > 1);
  }
}

void add_topic(const chat::Room& room, IrcReply& reply, bool say_none) {
  if (!room.topic.text.empty()) {
    reply.numeric(codec::RPL_TOPIC, {room.name}, room.topic.text);
    reply.numeric(codec::RPL_TOPICWHOTIME, {room.name, room.topic.nick, seconds(room.topic.time)});
  } else if (say_none) {
    reply.numeric(codec::RPL_NOTOPIC, {room.name}, "No topic is set");
  }
}

void add_names(const chat::Room& room, unsigned caps, IrcReply& reply) {
  std::vector<std::string> names;
  names.reserve(room.members.size());
  for (const chat::Person* member : room.members) {
    std::string name = (member->is_operator ? "@" : "") + member->nick;
    if (caps & irc_cap::userhost_in_names) (name += '!') += irc_origin(member->origin);
    names.push_back(std::move(name));
  }
  reply.list(codec::RPL_NAMREPLY, {"=", room.name}, names);
  reply.numeric(codec::RPL_ENDOFNAMES, {room.name}, "End of /NAMES list");
}

void irc_topic(IrcCall& call) {
  const chat::Room* room = call.client.hub().room(call.param(0));
  if (room == nullptr) return call.reply.numeric(codec::ERR_NOSUCHCHANNEL, {call.param(0)}, "No such channel");
  if (call.message.size() > 1) return set_topic(call, room->name);
  add_topic(*room, call.reply, true);
}

void irc_names(IrcCall& call) {
  const std::vector<std::string> rooms = parts_of(call.param(0));
  if (rooms.empty()) return call.reply.numeric(codec::RPL_ENDOFNAMES, {"*"}, "End of /NAMES list");
  for (const std::string& name : rooms) {
    if (const chat::Room* room = call.client.hub().room(name)) {
      add_names(*room, call.client.caps(), call.reply);
    } else {
      call.reply.numeric(codec::RPL_ENDOFNAMES, {name}, "End of /NAMES list");
    }
  }
}

void irc_list(IrcCall& call) {
  const std::vector<std::string> wanted = parts_of(call.param(0));
  call.reply.numeric(codec::RPL_LISTSTART, {"Channel"}, "Users  Name");
  call.client.hub().each_room([&](const chat::Room& room) {
    const auto is_it = [&](const std::string& name) { return codec::same_name(name, room.name); };
    if (!wanted.empty() && std::none_of(wanted.begin(), wanted.end(), is_it)) return;
    call.reply.numeric(codec::RPL_LIST, {room.name, std::to_string(room.members.size())}, room.topic.text);
  });
  call.reply.numeric(codec::RPL_LISTEND, {}, "End of /LIST");
}

void irc_mode(IrcCall& call) {
  if (call.param(0).starts_with('#')) return channel_mode(call);
  user_mode(call);
}

}  // namespace loquat::doors
