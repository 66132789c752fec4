#include "archive/reader.h"

#include <algorithm>

#include "archive/schema.h"

namespace loquat::archive {

using chat::ChatEvent;
using chat::Seq;

namespace {

#define COLUMNS \
  "event.seq, event.time, event.kind, event.nick, event.origin, event.target, event.text, event.tag, event.ref"
#define IN_ROOM " FROM event WHERE room=(SELECT id FROM room WHERE name=? COLLATE NOCASE) AND seq"
#define SAID_BETWEEN \
  " FROM event WHERE room=(SELECT id FROM room WHERE name=? COLLATE NOCASE) AND time>=? AND time<? AND kind<=3"  // EventKind::action

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, chat::Archive::newest));
}

chat::WallTime wall_time(std::int64_t ms) { return chat::WallTime(std::chrono::milliseconds(ms)); }

ChatEvent event_of(const Statement& row, std::string_view room) {
  ChatEvent e;
  e.seq = static_cast<Seq>(row.integer(0));
  e.time = wall_time(row.integer(1));
  e.kind = static_cast<chat::EventKind>(row.integer(2));
  e.nick = row.text(3);
  e.origin = row.text(4);
  e.target = row.text(5);
  e.text = row.text(6);
  e.tag = row.text(7);
  e.ref = static_cast<Seq>(row.integer(8));
  e.room = room;
  return e;
}

}  // namespace

Reader::Reader(const std::string& path, const std::string& vfs, bool durable)
    : database_(path, vfs),
      backward_(ready(durable), "SELECT " COLUMNS IN_ROOM "<=? ORDER BY seq DESC LIMIT ?"),
      forward_(database_, "SELECT " COLUMNS IN_ROOM ">? ORDER BY seq LIMIT ?"),
      one_(database_, "SELECT " COLUMNS ", room.name FROM event LEFT JOIN room ON room.id=event.room WHERE seq=?"),
      first_said_(database_, "SELECT " COLUMNS SAID_BETWEEN " ORDER BY time, seq LIMIT ?"),
      last_said_(database_, "SELECT " COLUMNS SAID_BETWEEN " ORDER BY time DESC, seq DESC LIMIT ?"),
      room_(database_, "SELECT name, topic, topic_nick, topic_time FROM room WHERE name=? COLLATE NOCASE") {}

Database& Reader::ready(bool durable) {
  set_up(database_, durable);
  database_.execute("PRAGMA query_only=ON");
  return database_;
}

std::vector<ChatEvent> Reader::list(Statement& query, std::string_view room, Seq seq, std::size_t n) {
  std::vector<ChatEvent> events;
  query.bind(room).bind(number(seq)).bind(number(n));
  while (query.step()) events.push_back(event_of(query, room));
  query.reset();
  return events;
}

std::vector<ChatEvent> Reader::last(std::string_view room, Seq up_to, std::size_t n) {
  auto events = list(backward_, room, up_to, n);
  std::reverse(events.begin(), events.end());
  return events;
}

std::vector<ChatEvent> Reader::after(std::string_view room, Seq seq, std::size_t n) {
  return list(forward_, room, seq, n);
}

std::optional<ChatEvent> Reader::find(Seq seq) {
  one_.bind(number(seq));
  std::optional<ChatEvent> event;
  if (one_.step()) event = event_of(one_, one_.text(9));
  one_.reset();
  return event;
}

std::vector<ChatEvent> Reader::said_between(std::string_view room, chat::WallTime from, chat::WallTime to,
                                            std::size_t n, bool last) {
  Statement& query = last ? last_said_ : first_said_;
  query.bind(room).bind(from.time_since_epoch().count()).bind(to.time_since_epoch().count()).bind(number(n));
  std::vector<ChatEvent> events;
  while (query.step()) events.push_back(event_of(query, room));
  query.reset();
  if (last) std::reverse(events.begin(), events.end());
  return events;
}

std::optional<chat::RoomRecord> Reader::room(std::string_view name) {
  room_.bind(name);
  std::optional<chat::RoomRecord> room;
  if (room_.step()) room = {room_.text(0), {room_.text(1), room_.text(2), wall_time(room_.integer(3))}};
  room_.reset();
  return room;
}

std::vector<chat::Ban> Reader::bans() {
  std::vector<chat::Ban> bans;
  Statement row(database_, "SELECT target, reason, nick, setter, time FROM ban ORDER BY target");
  while (row.step()) bans.push_back({row.text(0), row.text(1), row.text(2), row.text(3), wall_time(row.integer(4))});
  return bans;
}

}  // namespace loquat::archive
