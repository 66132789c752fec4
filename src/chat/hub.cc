#include "chat/hub.h"
#include "codec/text/names.h"

#include <algorithm>

namespace loquat::chat {

const Buffer& Delivery::encoded(Encoder encoder, unsigned variant) {
  for (const Entry& entry : cache_) {
    if (entry.encoder == encoder && entry.variant == variant) return entry.data;
  }
  cache_.push_back({encoder, variant, buffer(encoder(event_, variant))});
  return cache_.back().data;
}

Hub::Hub(const std::vector<Ban>& bans) : bans_(bans) {}

void Hub::add(SessionId session, Subscriber& subscriber) { subscribers_[session] = &subscriber; }

void Hub::remove(SessionId session) noexcept {
  subscribers_.erase(session);
  const auto found = people_.find(session);
  if (found == people_.end()) return;
  found->second.subscriber = nullptr;
  for (Room* room : found->second.rooms) std::erase(room->local, &found->second);
}

// --- Applying -------------------------------------------------------------------------------------------------------

void Hub::apply(const ChatEvent& event, TimePoint now) {
  if (seq_ == 0) departures_ = Departures(event.seq);
  seq_ = event.seq;
  Delivery delivery(event, now);
  switch (event.kind) {
    case EventKind::connect:
      connect(event);
      return to_session(delivery, event.session);
    case EventKind::nick:
      rename(event);
      return to_friends(delivery, people_.at(event.session));
    case EventKind::quit:
      to_friends(delivery, people_.at(event.session));
      return quit(event);
    case EventKind::away:
    case EventKind::oper:
      change(people_.at(event.session), event);
      return to_friends(delivery, people_.at(event.session));
    case EventKind::kick:
      if (event.room.empty()) return to_session(delivery, event.target_session);
      break;
    case EventKind::tell:
      return to_session(delivery, event.target_session);
    case EventKind::ban:
      bans_.add(ban_of(event));
      return to_session(delivery, event.session);
    case EventKind::unban:
      bans_.remove(event.target);
      return to_session(delivery, event.session);
    default:
      break;
  }
  if (event.is_private()) {
    to_session(delivery, event.target_session);
    if (event.session != event.target_session) to_session(delivery, event.session);
    return;
  }
  Room& room = open_room(event.room, event.room_key);
  if (event.kind == EventKind::join) {
    Person& person = people_.at(event.session);
    if (event.topic != nullptr) room.topic = *event.topic;
    person.rooms.push_back(&room);
    room.members.push_back(&person);
    if (person.subscriber != nullptr) room.local.push_back(&person);
  } else if (event.kind == EventKind::topic) {
    room.topic = {event.text, event.nick, event.time};
  }
  to_room(delivery, room);
  if (event.kind == EventKind::part)
    leave(people_.at(event.session), room);
  else if (event.kind == EventKind::kick)
    leave(people_.at(event.target_session), room);
  else if (room.members.empty())
    rooms_.erase(event.room_key);
}

void Hub::connect(const ChatEvent& event) {
  const auto subscriber = subscribers_.find(event.session);
  Person& person = people_[event.session];
  person.session = event.session;
  person.nick = event.nick;
  person.key = event.nick_key;
  person.origin = event.origin;
  person.real_name = event.text;
  person.address = event.address;
  person.since = event.time;
  person.subscriber = subscriber == subscribers_.end() ? nullptr : subscriber->second;
  nicks_[person.key] = event.session;
  most_people_ = std::max(most_people_, people_.size());
}

void Hub::change(Person& person, const ChatEvent& event) {
  if (event.kind == EventKind::away) {
    person.away = event.text;
  } else if (!person.is_operator) {
    person.is_operator = true;
    ++operators_;
  }
}

void Hub::rename(const ChatEvent& event) {
  Person& person = people_.at(event.session);
  for (const Room* room : person.rooms) departures_.left(person.key, room->key, event.seq);
  departures_.gone({person.nick, person.origin, person.real_name, event.time});
  nicks_.erase(person.key);
  person.nick = event.target;
  person.key = event.nick_key;
  nicks_[person.key] = event.session;
}

void Hub::quit(const ChatEvent& event) {
  Person& person = people_.at(event.session);
  for (Room* room : std::vector<Room*>(person.rooms)) leave(person, *room);
  departures_.gone({person.nick, person.origin, person.real_name, event.time});
  if (person.is_operator) --operators_;
  nicks_.erase(person.key);
  people_.erase(event.session);
}

Room& Hub::open_room(const std::string& name, const std::string& key) {
  auto& room = rooms_[key];
  if (!room) room = std::make_unique<Room>(Room{name, key, {}, {}, {}});
  return *room;
}

void Hub::leave(Person& person, Room& room) {
  departures_.left(person.key, room.key, seq_);
  std::erase(person.rooms, &room);
  std::erase(room.members, &person);
  std::erase(room.local, &person);
  if (room.members.empty()) rooms_.erase(rooms_.find(room.key));
}

// --- Delivering -----------------------------------------------------------------------------------------------------

void Hub::to_room(Delivery& delivery, const Room& room) {
  for (Person* person : room.local) person->subscriber->deliver(delivery);
}

void Hub::to_friends(Delivery& delivery, Person& person) {
  const Seq seq = delivery.event().seq;
  const auto tell = [&](Person& other) {
    if (other.subscriber == nullptr || other.told == seq) return;
    other.told = seq;
    other.subscriber->deliver(delivery);
  };
  tell(person);
  for (const Room* room : person.rooms) {
    for (Person* other : room->local) tell(*other);
  }
}

void Hub::to_session(Delivery& delivery, SessionId session) {
  const auto found = people_.find(session);
  if (found != people_.end() && found->second.subscriber != nullptr) found->second.subscriber->deliver(delivery);
}

// --- Looking --------------------------------------------------------------------------------------------------------

const Room* Hub::room(std::string_view name) const {
  const auto found = rooms_.find(codec::fold_name(name));
  return found == rooms_.end() ? nullptr : found->second.get();
}

const Person* Hub::person(std::string_view nick) const {
  const auto found = nicks_.find(codec::fold_name(nick));
  return found == nicks_.end() ? nullptr : person(found->second);
}

const Person* Hub::person(SessionId session) const {
  const auto found = people_.find(session);
  return found == people_.end() ? nullptr : &found->second;
}

bool Hub::is_member(SessionId session, std::string_view name) const {
  const Person* who = person(session);
  const Room* where = room(name);
  return who != nullptr && where != nullptr &&
         std::find(who->rooms.begin(), who->rooms.end(), where) != who->rooms.end();
}

void Hub::each_person(const std::function<void(const Person&)>& visit) const {
  for (const auto& [session, person] : people_) visit(person);
}

void Hub::each_room(const std::function<void(const Room&)>& visit) const {
  for (const auto& [key, room] : rooms_) {
    if (!room->members.empty()) visit(*room);
  }
}

}  // namespace loquat::chat
