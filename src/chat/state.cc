#include "chat/state.h"

#include <algorithm>
#include <utility>

#include "codec/text/names.h"
#include "codec/text/utf8.h"

namespace loquat::chat {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool valid_text(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos && codec::is_utf8(text);
}

Event event_of(EventKind kind, const Command& command, const std::string& nick, const std::string& origin) {
  Event e;
  e.kind = kind;
  e.session = command.session;
  e.command = command.id;
  e.nick = nick;
  e.origin = origin;
  e.text = command.text;
  return e;
}

}  // namespace

State::State(const Limits& limits, const std::vector<std::string>& reserved_nicks, const std::vector<RoomRecord>& rooms,
             const std::vector<Ban>& bans)
    : limits_(limits) {
  for (const std::string& nick : reserved_nicks) reserved_.insert(codec::name_skeleton(nick));
  for (const RoomRecord& room : rooms) {
    auto place = std::make_unique<Place>(
        Place{room.name, codec::fold_name(room.name), codec::name_skeleton(room.name), {}, true});
    place_looks_.emplace(place->look, place.get());
    places_.emplace(place->key, std::move(place));
  }
  for (const Ban& ban : bans) bans_[ban.target] = ban.reason;
  set_bans();
}

Reason State::apply(const Command& command, std::vector<Event>& events) {
  if (const Reason reason = check_text(command); reason != Reason::none) return reason;
  if (command.kind == CommandKind::connect) return connect(command, events);
  if (command.kind == CommandKind::oper) return operators_.insert(command.session), Reason::none;
  const auto found = people_.find(command.session);
  if (found == people_.end()) {
    if (command.kind == CommandKind::quit) operators_.erase(command.session);
    return Reason::no_session;
  }
  Member& member = found->second;
  switch (command.kind) {
    case CommandKind::rename:
      return rename(member, command, events);
    case CommandKind::join:
      return join(member, command, events);
    case CommandKind::part:
      return part(member, command, events);
    case CommandKind::message:
    case CommandKind::notice:
    case CommandKind::action:
      return post(member, command, events);
    case CommandKind::topic:
      return topic(member, command, events);
    case CommandKind::quit:
      return quit(member, command.text, command.id, events), Reason::none;
    default:
      return operate(member, command, events);
  }
}

Reason State::check_text(const Command& command) const {
  for (const std::string* text : {&command.text, &command.tag, &command.target, &command.room}) {
    if (!valid_text(*text)) return Reason::bad_text;
  }
  const bool connects = command.kind == CommandKind::connect;
  if (command.text.size() > limits_.text || command.tag.size() > (connects ? limits_.origin : limits_.tag))
    return Reason::too_long;
  return Reason::none;
}

// --- Being here -----------------------------------------------------------------------------------------------------

Reason State::connect(const Command& command, std::vector<Event>& events) {
  if (people_.contains(command.session)) return Reason::already_member;
  if (people_.size() >= limits_.sessions) return Reason::too_many_sessions;
  std::string nick = command.target;
  while (nick.empty()) {
    const std::string guest = "guest" + std::to_string(++guests_);
    if (!looks_.contains(codec::name_skeleton(guest))) nick = guest;
  }
  if (const Reason reason = check_nick(nick, command.session, command.text); reason != Reason::none) return reason;
  Member member{command.session, nick, codec::name_skeleton(nick), command.tag, command.text, {}};
  looks_[member.look] = command.session;
  events.push_back(event_of(EventKind::connect, command, nick, member.origin));
  events.back().text.clear();
  people_.emplace(command.session, std::move(member));
  return Reason::none;
}

Reason State::check_nick(std::string_view nick, SessionId session, std::string_view address) const {
  if (codec::check_nick(nick) != codec::NameError::none) return Reason::bad_nick;
  const std::string look = codec::name_skeleton(nick);
  const bool is_operator = operators_.contains(session);
  if (reserved_.contains(look) && !is_operator) return Reason::nick_in_use;
  if (banned(look, address) && !is_operator) return Reason::banned;
  const auto taken = looks_.find(look);
  return taken == looks_.end() || taken->second == session ? Reason::none : Reason::nick_in_use;
}

Reason State::rename(Member& member, const Command& command, std::vector<Event>& events) {
  if (const Reason reason = check_nick(command.target, member.session, member.address); reason != Reason::none)
    return reason;
  if (command.target == member.nick) return Reason::none;
  events.push_back(event_of(EventKind::nick, command, member.nick, member.origin));
  events.back().target = command.target;
  looks_.erase(member.look);
  member.nick = command.target;
  member.look = codec::name_skeleton(member.nick);
  looks_[member.look] = member.session;
  return Reason::none;
}

void State::quit(Member& member, std::string text, std::uint64_t command, std::vector<Event>& events) {
  Event e;
  e.kind = EventKind::quit;
  e.session = member.session;
  e.command = command;
  e.nick = member.nick;
  e.origin = member.origin;
  e.text = std::move(text);
  events.push_back(std::move(e));
  for (Place* place : std::exchange(member.rooms, {})) leave(member, *place);
  looks_.erase(member.look);
  operators_.erase(member.session);
  people_.erase(member.session);
}

State::Member* State::find_member(std::string_view nick) {
  const auto found = looks_.find(codec::name_skeleton(nick));
  if (found == looks_.end()) return nullptr;
  Member& member = people_.at(found->second);
  return codec::same_name(member.nick, nick) ? &member : nullptr;  // who looks like it is somebody else
}

// --- Rooms ----------------------------------------------------------------------------------------------------------

State::Place* State::find_place(std::string_view name) const {
  const auto found = places_.find(codec::fold_name(name));
  return found == places_.end() ? nullptr : found->second.get();
}

Reason State::open_place(const std::string& name, Place*& place) {
  if (codec::check_room(name) != codec::NameError::none) return Reason::bad_room;
  place = find_place(name);
  if ((place == nullptr || place->members.empty()) && open_places_ >= limits_.rooms) return Reason::too_many_rooms;
  if (place != nullptr) return Reason::none;
  auto fresh = std::make_unique<Place>(Place{name, codec::fold_name(name), codec::name_skeleton(name), {}, false});
  const auto [first, last] = place_looks_.equal_range(fresh->look);
  const bool mistakable = std::any_of(first, last, [&](const auto& other) {
    return !is_ascii(name) || !is_ascii(other.second->name);  // #room1 and #rooml are as they are on every IRC server
  });
  if (mistakable) return Reason::room_look_alike;
  place = fresh.get();
  place_looks_.emplace(fresh->look, place);
  places_.emplace(fresh->key, std::move(fresh));
  return Reason::none;
}

Reason State::join(Member& member, const Command& command, std::vector<Event>& events) {
  Place* place = find_place(command.room);
  if (place != nullptr && place->members.contains(member.session)) return Reason::already_member;
  if (member.rooms.size() >= limits_.rooms_per_session) return Reason::too_many_rooms;
  if (const Reason reason = open_place(command.room, place); reason != Reason::none) return reason;
  if (place->members.empty()) ++open_places_;
  place->members.insert(member.session);
  member.rooms.push_back(place);
  events.push_back(event_of(EventKind::join, command, member.nick, member.origin));
  events.back().room = place->name;
  events.back().text.clear();
  return Reason::none;
}

// The caller has taken the place off the member's list.
void State::leave(Member& member, Place& place) {
  place.members.erase(member.session);
  if (!place.members.empty()) return;
  --open_places_;
  if (place.kept) return;
  const auto [first, last] = place_looks_.equal_range(place.look);
  place_looks_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == &place; }));
  places_.erase(std::string(place.key));
}

Reason State::part(Member& member, const Command& command, std::vector<Event>& events) {
  Place* place = find_place(command.room);
  if (place == nullptr) return Reason::no_such_room;
  if (!place->members.contains(member.session)) return Reason::not_member;
  events.push_back(event_of(EventKind::part, command, member.nick, member.origin));
  events.back().room = place->name;
  std::erase(member.rooms, place);
  leave(member, *place);
  return Reason::none;
}

Reason State::post(Member& member, const Command& command, std::vector<Event>& events) {
  if (command.text.empty()) return Reason::bad_text;
  const EventKind kind = command.kind == CommandKind::message  ? EventKind::message
                         : command.kind == CommandKind::notice ? EventKind::notice
                                                               : EventKind::action;
  Event e = event_of(kind, command, member.nick, member.origin);
  e.tag = command.tag;
  if (command.room.empty()) {
    const Member* target = find_member(command.target);
    if (target == nullptr) return Reason::no_such_nick;
    e.target = target->nick;
    e.target_session = target->session;
  } else {
    Place* place = find_place(command.room);
    if (place == nullptr || place->members.empty()) return Reason::no_such_room;
    if (!place->members.contains(member.session)) return Reason::not_member;
    e.room = place->name;
    place->kept = true;
  }
  events.push_back(std::move(e));
  return Reason::none;
}

Reason State::topic(Member& member, const Command& command, std::vector<Event>& events) {
  Place* place = find_place(command.room);
  if (place == nullptr || place->members.empty()) return Reason::no_such_room;
  if (!place->members.contains(member.session)) return Reason::not_member;
  place->kept = true;
  events.push_back(event_of(EventKind::topic, command, member.nick, member.origin));
  events.back().room = place->name;
  events.back().tag = command.tag;
  return Reason::none;
}

// --- Operators ------------------------------------------------------------------------------------------------------

Reason State::operate(Member& member, const Command& command, std::vector<Event>& events) {
  if (!operators_.contains(member.session)) return Reason::not_operator;
  if (command.kind == CommandKind::kick) return kick(member, command, events);
  if (command.kind == CommandKind::unban && !bans_.contains(command.target)) return Reason::no_such_ban;
  if (command.kind == CommandKind::ban && command.target.empty()) return Reason::no_such_nick;
  if (command.target.size() > limits_.text) return Reason::too_long;
  const EventKind kind = command.kind == CommandKind::remove ? EventKind::remove
                         : command.kind == CommandKind::ban  ? EventKind::ban
                                                             : EventKind::unban;
  events.push_back(event_of(kind, command, member.nick, member.origin));
  if (kind == EventKind::remove) {
    events.back().room = command.room;
    events.back().ref = command.ref;
  } else {
    events.back().target = command.target;
  }
  return Reason::none;
}

Reason State::kick(Member& member, const Command& command, std::vector<Event>& events) {
  Member* target = find_member(command.target);
  if (target == nullptr) return Reason::no_such_nick;
  if (command.room.empty()) {
    quit(*target, "removed by " + member.nick + (command.text.empty() ? "" : ": " + command.text), 0, events);
    return Reason::none;
  }
  Place* place = find_place(command.room);
  if (place == nullptr) return Reason::no_such_room;
  if (!place->members.contains(target->session)) return Reason::not_member;
  Event e = event_of(EventKind::kick, command, member.nick, member.origin);
  e.room = place->name;
  e.target = target->nick;
  e.target_session = target->session;
  events.push_back(std::move(e));
  std::erase(target->rooms, place);
  leave(*target, *place);
  return Reason::none;
}

void State::committed(const Event& event, std::vector<Event>& events) {
  if (event.kind != EventKind::ban && event.kind != EventKind::unban) return;
  if (event.kind == EventKind::unban)
    bans_.erase(event.target);
  else
    bans_[event.target] = event.text;
  set_bans();
  std::vector<SessionId> met;
  for (const auto& [session, member] : people_) {
    if (banned(member.look, member.address) && !operators_.contains(session)) met.push_back(session);
  }
  std::sort(met.begin(), met.end());
  for (const SessionId session : met) {
    quit(people_.at(session), "banned" + (event.text.empty() ? "" : ": " + event.text), 0, events);
  }
}

bool State::banned(std::string_view look, std::string_view address) const {
  if (bans_.empty()) return false;
  return ban_looks_.contains(std::string(look)) || bans_.contains(std::string(address));
}

void State::set_bans() {
  ban_looks_.clear();
  for (const auto& [target, reason] : bans_) ban_looks_.insert(codec::name_skeleton(target));
}

}  // namespace loquat::chat
