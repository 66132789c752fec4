// hub.h - one worker's copy of the rooms, which delivers events to the doors.
//
// Every worker has a hub and applies every event to it, in order. So all hubs go through the same states, each in its
// own time.
//
//   Threads   A hub belongs to its worker. Nothing here waits or locks.
//   Snapshot  While deliver(event) runs, the hub shows the state after that event (after a join the member is in the
//             room); only after part, kick and quit the leaver is still there. So what a door reads in deliver()
//             (names, topic) fits the order; the history up to that point is archive.latest(room, n, event.seq).
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
#include "chat/ban_list.h"
#include "chat/departures.h"
#include "chat/event.h"
#include "chat/outbox.h"

namespace loquat::chat {

// Encodes an event for one protocol. A pure function; the protocol defines `variant` (for IRC the capabilities that
// change the bytes). An empty result means that the protocol does not show the event.
using Encoder = std::string (*)(const ChatEvent& event, unsigned variant);

// An event that is being delivered on one worker. It is encoded once for each protocol and variant.
class Delivery {
 public:
  Delivery(const ChatEvent& event, TimePoint now) : event_(event), now_(now) {}
  const ChatEvent& event() const noexcept { return event_; }
  // When this worker began to deliver the event, for Outbox::push().
  TimePoint now() const noexcept { return now_; }
  // The encoded event: one buffer for all clients with this encoder and variant. Never nullptr.
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
  // Called for each event that the session is to see: in its rooms, about itself, or (nick, quit, away, oper) about
  // somebody in one of its rooms, once however many rooms they share. Its own events come too (event.session is its
  // id); a door whose protocol has no echo skips them. After a quit of its own, the door says goodbye and closes.
  // Pushes to an outbox. Must not wait, throw, or add or remove subscribers.
  virtual void deliver(Delivery& delivery) noexcept = 0;

 protected:
  ~Subscriber() = default;
};

struct Room;

// Somebody in the chat, on any worker.
struct Person {
  SessionId session = 0;
  std::string nick;
  std::string key;  // the nick, folded by codec::fold_name()
  std::string origin;
  std::string real_name;  // empty: none was given
  std::string away;       // why; empty: the person is here
  bool is_operator = false;
  std::string address;  // what bans look at; to be shown to operators only
  WallTime since{};
  std::vector<Room*> rooms;
  Subscriber* subscriber = nullptr;  // if its door is on this worker
  Seq told = 0;                      // the last event about somebody in one of its rooms that was delivered to it
};

struct Room {
  std::string name;
  std::string key;  // the name, folded by codec::fold_name()
  Topic topic;
  std::vector<Person*> members;  // in the order in which they joined
  std::vector<Person*> local;    // the members on this worker
};

class Hub {
 public:
  // `bans` are those that the archive has.
  explicit Hub(const std::vector<Ban>& bans = {});

  // Registers the subscriber of a session on this worker, before its connect command.
  void add(SessionId session, Subscriber& subscriber);
  void remove(SessionId session) noexcept;

  // Changes the rooms as `event` says, and delivers it.
  void apply(const ChatEvent& event, TimePoint now);
  // The last event that was applied.
  Seq seq() const noexcept { return seq_; }

  // Look-ups ignore the case of A-Z and return nullptr if there is none. A room is there while it has members.
  const Room* room(std::string_view name) const;
  const Person* person(std::string_view nick) const;
  const Person* person(SessionId session) const;
  bool is_member(SessionId session, std::string_view room) const;
  // Calls visit(room) for each room that has members, in no order.
  void each_room(const std::function<void(const Room&)>& visit) const;
  // The same for each person, in no order.
  void each_person(const std::function<void(const Person&)>& visit) const;
  std::size_t people() const noexcept { return people_.size(); }
  // The highest number of people so far.
  std::size_t most_people() const noexcept { return most_people_; }
  std::size_t operators() const noexcept { return operators_; }
  const Departures& departures() const noexcept { return departures_; }
  const BanList& bans() const noexcept { return bans_; }

 private:
  Room& open_room(const std::string& name, const std::string& key);
  void leave(Person& person, Room& room);
  void to_room(Delivery& delivery, const Room& room);
  void to_friends(Delivery& delivery, Person& person);
  void to_session(Delivery& delivery, SessionId session);
  void change(Person& person, const ChatEvent& event);
  void connect(const ChatEvent& event);
  void rename(const ChatEvent& event);
  void quit(const ChatEvent& event);

  Seq seq_ = 0;
  std::size_t operators_ = 0;
  std::size_t most_people_ = 0;
  Departures departures_;
  std::unordered_map<SessionId, Subscriber*> subscribers_;
  std::unordered_map<SessionId, Person> people_;
  std::unordered_map<std::string, SessionId> nicks_;              // by Person::key
  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;  // by Room::key
  BanList bans_;
};

}  // namespace loquat::chat
