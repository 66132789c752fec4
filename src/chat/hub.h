// hub.h - one worker's copy of the rooms, and the doors' side of it.
//
// Every worker has a hub and applies every event to it, in order. So all show the same rooms, each at its own moment.
//
//   Threads   A hub belongs to its worker. Nothing here waits or locks.
//   Snapshot  While deliver(event) runs, the hub is exactly as it is after that event (after a join the member is in
//             the room), but for part, kick and quit, where the leaver is still in it. What a door reads of the hub
//             there (names, topic) is consistent with the order; history up to that point is archive.latest(room, n,
//             event.seq).
//   Lifetime  References to rooms and people hold until the next wait.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/archive.h"
#include "chat/event.h"
#include "chat/outbox.h"

namespace loquat::chat {

// Writes an event in one protocol. A pure function; `variant` is the protocol's own (for IRC the set of capabilities
// that change the bytes). An empty result means that this protocol does not show the event.
using Encoder = std::string (*)(const ChatEvent& event, unsigned variant);

// An event on its way to the members of one worker. Encodes it once for each protocol.
class Delivery {
 public:
  Delivery(const ChatEvent& event, TimePoint now) : event_(event), now_(now) {}
  const ChatEvent& event() const noexcept { return event_; }
  // When this worker began to deliver it, for Outbox::push().
  TimePoint now() const noexcept { return now_; }
  // The event in one protocol: one buffer for all who share encoder and variant. Never nullptr.
  const Buffer& encoded(Encoder encoder, unsigned variant = 0);

 private:
  struct Entry {
    Encoder encoder;
    unsigned variant;
    Buffer data;
  };
  const ChatEvent& event_;
  TimePoint now_;
  std::vector<Entry> cache_;
};

// A door's end of one session.
class Subscriber {
 public:
  // Something happened that this session is to see: in a room that it is in, to itself, or to somebody whom it shares a
  // room with (nick, quit; once, however many rooms they share). Its own events come too (event.session is its id); a
  // door whose protocol has no echo leaves them out. A quit of its own means: say goodbye and close.
  // Must not wait, throw, or add or remove subscribers; it pushes to an outbox.
  virtual void deliver(Delivery& delivery) noexcept = 0;

 protected:
  ~Subscriber() = default;
};

struct Room;

// Somebody who is here, on any worker.
struct Person {
  SessionId session = 0;
  std::string nick;
  std::string key;  // of the nick, by codec::fold_name()
  std::string origin;
  WallTime since{};
  std::vector<Room*> rooms;
  Subscriber* subscriber = nullptr;  // if its door is on this worker
  Seq told = 0;                      // the last event that went to everybody it knows
};

struct Room {
  std::string name;
  std::string key;  // the same by codec::fold_name()
  Topic topic;
  std::vector<Person*> members;  // in order of their joining, but for those who left
  std::vector<Person*> local;    // those of them on this worker
};

class Hub {
 public:
  // `rooms`: what the archive knows, with its topics.
  explicit Hub(const std::vector<RoomRecord>& rooms);

  // The subscriber of a session of this worker, from before its connect command until it is removed.
  void add(SessionId session, Subscriber& subscriber);
  void remove(SessionId session) noexcept;

  // Changes the rooms as `event` says and delivers it.
  void apply(const ChatEvent& event, TimePoint now);
  // The last event that was applied.
  Seq seq() const noexcept { return seq_; }

  // In any case (IRC's ascii casemapping); nullptr if it is not there. A room without members is there as long as it
  // has a topic.
  const Room* room(std::string_view name) const;
  const Person* person(std::string_view nick) const;
  const Person* person(SessionId session) const;
  bool is_member(SessionId session, std::string_view room) const;
  // Calls visit(room) for each room that has members, in no order.
  void each_room(const std::function<void(const Room&)>& visit) const;
  std::size_t people() const noexcept { return people_.size(); }

 private:
  Room& open_room(const std::string& name, const std::string& key);
  void leave(Person& person, Room& room);
  void to_room(Delivery& delivery, const Room& room);
  void to_friends(Delivery& delivery, Person& person);
  void to_session(Delivery& delivery, SessionId session);
  void connect(const ChatEvent& event);
  void rename(const ChatEvent& event);
  void quit(const ChatEvent& event);

  Seq seq_ = 0;
  std::unordered_map<SessionId, Subscriber*> subscribers_;
  std::unordered_map<SessionId, Person> people_;
  std::unordered_map<std::string, SessionId> nicks_;              // by Person::key
  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;  // by Room::key
};

}  // namespace loquat::chat
