// event.h - something that happened in the chat: immutable, numbered, the same for everybody.
//
// The log (log.h) makes the events and orders them, the archive stores some of them, and the hubs deliver them to the
// doors.
//
//   Order     `seq` grows strictly and is never used twice, even across restarts. It is the message's public name
//             (IRC's msgid). The numbers have gaps.
//   Kept      Messages, notices and actions in a room, topics, removals and bans are durable in the history before
//             anybody sees them. Everything else, private messages included, is ordered and shown, but not stored.
//   Text      Valid UTF-8 without CR, LF and NUL, within Limits (command.h). Doors clean it further.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace loquat::chat {

using Seq = std::uint64_t;        // 0: none
using SessionId = std::uint64_t;  // 0: none. Unique in one run of the server
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// The numbers are stored in archives (docs/archive.md): never change one.
enum class EventKind : std::uint8_t {
  message = 1,  // `nick` says `text` in `room`, or privately to `target`
  notice = 2,   // a message that no program may answer
  action = 3,   // a message such as "/me waves"
  topic = 4,    // `text` is the new topic of `room`, empty for none
  remove = 5,   // the event `ref` in `room` was deleted by an operator
  ban = 6,      // `target` (a nick, an address or a prefix) is kept out; `text` says why
  unban = 7,
  connect = 32,  // `session` entered the chat as `nick`, and `text` is its real name; only it is told
  join = 33,     // `nick` is now a member of `room`
  part = 34,     // `nick` left `room`; `text` says why
  kick = 35,     // `nick` removed `target` from `room`; `text` says why. Without a room: from the chat, which `target`
                 // alone is told before its quit
  nick = 36,     // `nick` is called `target` from now on
  quit = 37,     // `nick` left the chat; `text` says why
  away = 38,     // `nick` is away, and `text` says why; empty: it is back
  oper = 39,     // `nick` is an operator from now on
  tell = 40,     // the server tells `target_session` the sentence `text`
};

struct Topic {
  std::string text;
  std::string nick;  // who set it
  WallTime time{};
};

struct ChatEvent {
  Seq seq = 0;
  WallTime time{};
  EventKind kind = EventKind::message;
  SessionId session = 0;         // of the actor; 0 in history
  SessionId target_session = 0;  // of a private message's receiver, or of who was kicked; 0 in history
  Seq ref = 0;                   // the event that was removed
  std::uint64_t command = 0;     // Command::id of the command that made the event; 0 in history
  std::string room;              // as it was first spelled; empty if the event is not about one room
  std::string room_key;          // `room` folded by codec::fold_name(); empty in history
  std::string nick;              // of the actor, before the event
  std::string origin;            // user and host of the actor, as its door wants them shown
  std::string target;
  std::string nick_key;  // of connect and nick: the new nick, folded
  std::string text;
  std::shared_ptr<const Topic> topic{};  // of a join into a room where nobody was: the topic that it has, if any
  std::string tag;  // the client's own mark for its line, by which it finds the line again; of a ban: the nick whose
                    // address `target` is
  std::string address;  // of connect: what bans look at, for operators only; empty in history

  bool is_private() const noexcept { return target_session != 0 && kind <= EventKind::action; }
  bool is_kept() const noexcept { return kind <= EventKind::unban && !is_private(); }
};

}  // namespace loquat::chat
