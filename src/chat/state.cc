#include "chat/state.h"

#include <algorithm>
#include <utility>

#include "codec/text/names.h"
#include "codec/text/utf8.h"

namespace loquat::chat {
namespace {

constexpr std::size_t max_former = 1000;  // nicks that can still be banned by address

bool valid_text(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos && codec::is_utf8(text);
}

EventKind event_kind(CommandKind kind) {
  switch (kind) {
    case CommandKind::message:
      return EventKind::message;
    case CommandKind::notice:
      return EventKind::notice;
    case CommandKind::action:
      return EventKind::action;
    case CommandKind::remove:
      return EventKind::remove;
    case CommandKind::unban:
      return EventKind::unban;
    default:
      return EventKind::ban;
  }
}

// Whether the server gives such names.
bool is_guest_name(std::string_view nick) {
  return nick.size() > 5 && nick.starts_with("guest") && nick.find_first_not_of("0123456789", 5) == std::string::npos;
}

bool is_operation(CommandKind kind) { return kind == CommandKind::kick || is_solo(kind); }

}  // namespace

// The event that `command` of `member` makes.
ChatEvent State::event_of(EventKind kind, const Command& command, const Member& member) {
  ChatEvent e;
  e.kind = kind;
  e.session = member.session;
  e.command = command.id;
  e.nick = member.nick;
  e.origin = member.origin;
  e.text = command.text;
  return e;
}

// The event that it makes in a room.
ChatEvent State::event_of(EventKind kind, const Command& command, const Member& member, const RoomState& room) {
  ChatEvent e = event_of(kind, command, member);
  e.room = room.name;
  e.room_key = room.key;
  return e;
}

State::State(const Limits& limits, const std::vector<std::string>& reserved_nicks, const std::vector<Ban>& bans,
             std::string secret)
    : limits_(limits), secret_(std::move(secret)), bans_(bans) {
  for (const std::string& nick : reserved_nicks) reserved_.insert(codec::name_skeleton(nick));
}

Reason State::apply(const Command& command, std::vector<ChatEvent>& events) {
  if (const Reason reason = check_text(command); reason != Reason::none) return reason;
  if (tells_secret(command)) {
    if (command.kind != CommandKind::quit) return Reason::secret;
    Command silent = Command::quit();  // it must not stay because of what it says
    silent.session = command.session;
    return apply(silent, events);
  }
  if (command.kind == CommandKind::connect) return connect(command, events);
  if (command.kind == CommandKind::tell) return tell(command, events);
  if (command.kind == CommandKind::oper || command.kind == CommandKind::console) {
    if (command.kind == CommandKind::console) consoles_.insert(command.session);
    const auto member = people_.find(command.session);
    if (operators_.insert(command.session).second && member != people_.end())
      events.push_back(event_of(EventKind::oper, command, member->second));
    return Reason::none;
  }
  const auto found = people_.find(command.session);
  if (found == people_.end()) {
    if (is_operation(command.kind) && consoles_.contains(command.session))
      return operate({.session = command.session, .nick = "operator", .origin = "console@server"}, command, events);
    if (command.kind == CommandKind::quit) operators_.erase(command.session), consoles_.erase(command.session);
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
      return post_in_room(member, command, EventKind::topic, events);
    case CommandKind::quit:
      quit(member, command, events);
      return Reason::none;
    case CommandKind::away:
      events.push_back(event_of(EventKind::away, command, member));
      return Reason::none;
    default:
      return operate(member, command, events);
  }
}

bool State::tells_secret(const Command& command) const {
  if (secret_.empty()) return false;
  const std::string* const texts[] = {&command.text, &command.tag, &command.target, &command.room, &command.origin};
  return std::any_of(std::begin(texts), std::end(texts),
                     [&](const std::string* text) { return text->find(secret_) != std::string::npos; });
}

Reason State::check_text(const Command& command) const {
  for (const std::string* text :
       {&command.text, &command.tag, &command.target, &command.room, &command.origin, &command.address}) {
    if (!valid_text(*text)) return Reason::bad_text;
  }
  const bool is_said = command.kind == CommandKind::message || command.kind == CommandKind::notice ||
                       command.kind == CommandKind::action;
  const bool too_long = command.text.size() > (is_said ? limits_.message : limits_.text) ||
                        command.address.size() > limits_.text || command.tag.size() > limits_.tag ||
                        command.origin.size() > limits_.origin;
  return too_long ? Reason::too_long : Reason::none;
}

// --- Being here -----------------------------------------------------------------------------------------------------

Reason State::connect(const Command& command, std::vector<ChatEvent>& events) {
  if (people_.contains(command.session)) return Reason::already_member;
  if (people_.size() >= limits_.sessions) return Reason::too_many_sessions;
  std::string nick = command.target;
  while (nick.empty()) {
    const std::string guest = "guest" + std::to_string(++guests_);
    const std::string look = codec::name_skeleton(guest);
    if (!looks_.contains(look) && !bans_.has_nick(look)) nick = guest;
  }
  Member member{.session = command.session,
                .nick = nick,
                .look = codec::name_skeleton(nick),
                .origin = command.origin,
                .address = codec::AddressPrefix::parse(command.address),
                .guest = command.target.empty()};
  if (banned(member)) return Reason::banned;
  if (const Reason reason = check_nick(nick, command.session); reason != Reason::none) return reason;
  looks_[member.look] = command.session;
  events.push_back(event_of(EventKind::connect, command, member));
  events.back().nick_key = codec::fold_name(nick);
  events.back().address = command.address;
  if (operators_.contains(command.session)) events.push_back(event_of(EventKind::oper, command, member));
  people_.emplace(command.session, std::move(member));
  return Reason::none;
}

// The session that tells may have left already.
Reason State::tell(const Command& command, std::vector<ChatEvent>& events) const {
  const auto found = people_.find(command.to);
  if (found == people_.end()) return Reason::no_such_nick;
  ChatEvent& e = events.emplace_back();
  e.kind = EventKind::tell;
  e.target = found->second.nick;
  e.target_session = command.to;
  e.text = command.text;
  return Reason::none;
}

bool State::opens_room(const Command& command) const {
  const auto member = people_.find(command.session);
  return member != people_.end() && member->second.rooms.size() < limits_.rooms_per_session &&
         find_room(command.room) == nullptr;
}

Reason State::check_nick(std::string_view nick, SessionId session) const {
  if (codec::check_nick(nick) != codec::NameError::none) return Reason::bad_nick;
  const std::string look = codec::name_skeleton(nick);
  const bool is_reserved = reserved_.contains(look) ? !operators_.contains(session) : codec::is_service_nick(nick);
  if (is_reserved) return Reason::nick_reserved;
  const auto taken = looks_.find(look);
  return taken == looks_.end() || taken->second == session ? Reason::none : Reason::nick_in_use;
}

Reason State::rename(Member& member, const Command& command, std::vector<ChatEvent>& events) {
  if (const Reason reason = check_nick(command.target, member.session); reason != Reason::none) return reason;
  if (command.target == member.nick) return Reason::none;
  if (bans_.has_nick(codec::name_skeleton(command.target)) && !operators_.contains(member.session))
    return Reason::nick_banned;
  events.push_back(event_of(EventKind::nick, command, member));
  events.back().target = command.target;
  events.back().nick_key = codec::fold_name(command.target);
  forget_nick(member);
  member.guest = false;
  member.nick = command.target;
  member.look = codec::name_skeleton(member.nick);
  looks_[member.look] = member.session;
  return Reason::none;
}

void State::quit(Member& member, const Command& command, std::vector<ChatEvent>& events) {
  events.push_back(event_of(EventKind::quit, command, member));
  for (RoomState* room : std::exchange(member.rooms, {})) leave(member, *room);
  forget_nick(member);
  operators_.erase(member.session);
  consoles_.erase(member.session);
  people_.erase(member.session);
}

// The member has its nick no more; it can still be banned by it.
void State::forget_nick(const Member& member) {
  looks_.erase(member.look);
  if (!member.address) return;
  former_.push_back({member.nick, *member.address});
  if (former_.size() > max_former) former_.pop_front();
}

State::Member* State::find_member(std::string_view nick) {
  const auto found = looks_.find(codec::name_skeleton(nick));
  if (found == looks_.end()) return nullptr;
  Member& member = people_.at(found->second);
  return codec::same_name(member.nick, nick) ? &member : nullptr;  // a look-alike is somebody else
}

// --- Rooms ----------------------------------------------------------------------------------------------------------

State::RoomState* State::find_room(std::string_view name) const {
  const auto found = rooms_.find(codec::fold_name(name));
  return found == rooms_.end() ? nullptr : found->second.get();
}

// Makes a room that is not there.
Reason State::open_room(const std::string& name, RoomState*& room) {
  if (codec::check_room(name) != codec::NameError::none) return Reason::bad_room;
  if (rooms_.size() >= limits_.rooms) return Reason::too_many_rooms;
  const std::string look = codec::name_skeleton(name);
  if (!room_looks_.insert(look).second) return Reason::room_look_alike;
  const std::string key = codec::fold_name(name);
  room = rooms_.emplace(key, std::make_unique<RoomState>(RoomState{name, key, look, {}})).first->second.get();
  return Reason::none;
}

Reason State::join(Member& member, const Command& command, std::vector<ChatEvent>& events) {
  RoomState* room = find_room(command.room);
  if (room != nullptr && room->members.contains(member.session)) return Reason::already_member;
  if (member.rooms.size() >= limits_.rooms_per_session) return Reason::too_many_rooms;
  const bool opens = room == nullptr;
  if (opens) {
    if (const Reason reason = open_room(command.room, room); reason != Reason::none) return reason;
  }
  room->members.insert(member.session);
  member.rooms.push_back(room);
  events.push_back(event_of(EventKind::join, command, member, *room));
  if (opens) events.back().topic = command.room_topic;
  return Reason::none;
}

// The caller has removed the room from the member's list.
void State::leave(Member& member, RoomState& room) {
  room.members.erase(member.session);
  if (!room.members.empty()) return;
  room_looks_.erase(room.look);
  rooms_.erase(std::string(room.key));
}

Reason State::part(Member& member, const Command& command, std::vector<ChatEvent>& events) {
  RoomState* room = find_room(command.room);
  if (room == nullptr) return Reason::no_such_room;
  if (!room->members.contains(member.session)) return Reason::not_member;
  events.push_back(event_of(EventKind::part, command, member, *room));
  std::erase(member.rooms, room);
  leave(member, *room);
  return Reason::none;
}

Reason State::post(Member& member, const Command& command, std::vector<ChatEvent>& events) {
  if (command.text.empty()) return Reason::bad_text;
  if (!command.room.empty()) return post_in_room(member, command, event_kind(command.kind), events);
  const Member* target = find_member(command.target);
  if (target == nullptr) return Reason::no_such_nick;
  ChatEvent& e = events.emplace_back(event_of(event_kind(command.kind), command, member));
  e.tag = command.tag;
  e.target = target->nick;
  e.target_session = target->session;
  return Reason::none;
}

// Messages and topics: what a room's history keeps.
Reason State::post_in_room(Member& member, const Command& command, EventKind kind, std::vector<ChatEvent>& events) {
  RoomState* room = find_room(command.room);
  if (room == nullptr) return Reason::no_such_room;
  if (!room->members.contains(member.session)) return Reason::not_member;
  events.push_back(event_of(kind, command, member, *room));
  events.back().tag = command.tag;
  return Reason::none;
}

// --- Operators ------------------------------------------------------------------------------------------------------

Reason State::operate(const Member& member, const Command& command, std::vector<ChatEvent>& events) {
  if (!operators_.contains(member.session)) return Reason::not_operator;
  if (command.target.size() > limits_.text) return Reason::too_long;
  switch (command.kind) {
    case CommandKind::kick:
      return kick(member, command, events);
    case CommandKind::ban:
      return ban(member, command, events);
    case CommandKind::ban_address:
      return ban_address(member, command, events);
    case CommandKind::unban:
      return unban(member, command, events);
    default:
      return remove(member, command, events);
  }
}

Reason State::remove(const Member& member, const Command& command, std::vector<ChatEvent>& events) {
  ChatEvent& e = events.emplace_back(event_of(EventKind::remove, command, member));
  e.ref = command.ref;
  e.room = command.room;
  e.room_key = codec::fold_name(command.room);
  return Reason::none;
}

Reason State::ban(const Member& member, const Command& command, std::vector<ChatEvent>& events) {
  const std::string target = ban_target(command.target);
  if (target.empty()) return Reason::not_bannable;
  const Member* met = find_member(target);
  if (met != nullptr ? met->guest : is_guest_name(target)) return ban_address(member, command, events);
  events.emplace_back(event_of(EventKind::ban, command, member)).target = target;
  return Reason::none;
}

Reason State::ban_address(const Member& member, const Command& command, std::vector<ChatEvent>& events) {
  const auto has_nick = [&](const FormerNick& former) { return codec::same_name(former.nick, command.target); };
  const Member* here = find_member(command.target);
  const auto gone = std::find_if(former_.rbegin(), former_.rend(), has_nick);
  if (here == nullptr && gone == former_.rend()) return Reason::no_such_nick;
  if (here != nullptr && !here->address) return Reason::no_address;
  ChatEvent& e = events.emplace_back(event_of(EventKind::ban, command, member));
  e.target = (here != nullptr ? *here->address : gone->address).host().str();
  e.tag = here != nullptr ? here->nick : gone->nick;
  return Reason::none;
}

Reason State::unban(const Member& member, const Command& command, std::vector<ChatEvent>& events) {
  for (std::string& target : bans_.targets_of(command.target))
    events.emplace_back(event_of(EventKind::unban, command, member)).target = std::move(target);
  return events.empty() ? Reason::no_such_ban : Reason::none;
}

Reason State::kick(const Member& member, const Command& command, std::vector<ChatEvent>& events) {
  Member* target = find_member(command.target);
  if (target == nullptr) return Reason::no_such_nick;
  if (consoles_.contains(target->session)) return Reason::is_console;
  if (command.room.empty()) {
    ChatEvent& e = events.emplace_back(event_of(EventKind::kick, command, member));
    e.target = target->nick;
    e.target_session = target->session;
    quit(*target, Command::quit("removed by " + member.nick + (command.text.empty() ? "" : ": " + command.text)),
         events);
    return Reason::none;
  }
  RoomState* room = find_room(command.room);
  if (room == nullptr) return Reason::no_such_room;
  if (!room->members.contains(target->session)) return Reason::not_member;
  ChatEvent& e = events.emplace_back(event_of(EventKind::kick, command, member, *room));
  e.target = target->nick;
  e.target_session = target->session;
  std::erase(target->rooms, room);
  leave(*target, *room);
  return Reason::none;
}

void State::committed(const ChatEvent& event, std::vector<ChatEvent>& events) {
  if (event.kind == EventKind::unban) return bans_.remove(event.target);
  if (event.kind != EventKind::ban) return;
  bans_.add(ban_of(event));
  std::vector<SessionId> met;
  for (const auto& [session, member] : people_) {
    if (banned(member)) met.push_back(session);
  }
  std::sort(met.begin(), met.end());
  for (const SessionId session : met) {
    quit(people_.at(session), Command::quit("banned" + (event.text.empty() ? "" : ": " + event.text)), events);
  }
}

bool State::banned(const Member& member) const {
  if (operators_.contains(member.session)) return false;
  return bans_.has_nick(member.look) || (member.address && bans_.has_address(*member.address));
}

}  // namespace loquat::chat
