// event.h - one thing that happened in the chat: immutable, numbered, the same for everybody.
//
// The log (log.h) makes events and puts them in order; the archive keeps some of them; the hubs hand them to the doors.
//
//   Order     `seq` grows strictly and is never used twice, across restarts too. It is the message's public name (IRC's
//             msgid). There are gaps.
//   Kept      Messages, notices and actions in a room, topics, removals and bans are in the history and durable before
//             anybody sees them. Everything else is ordered, shown and forgotten; so are private messages, which no
//             history holds.
//   Text      Valid UTF-8 without CR, LF and NUL, within Limits (command.h). Doors clean it further.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace loquat::chat {

using Seq = std::uint64_t;        // 0: none
using SessionId = std::uint64_t;  // 0: none. Unique in one run of the server
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// The numbers are stored in archives (docs/archive.md): never change one.
enum class EventKind : std::uint8_t {
  message = 1,  // `text` by `nick` in `room`; private if `target` is set
  notice = 2,   // the same, to be answered by no program
  action = 3,   // the same: "/me waves"
  topic = 4,    // `text` is the new topic of `room`, empty for none
  remove = 5,   // the event `ref` in `room` was deleted by an operator
  ban = 6,      // `target` (a nick or an address) may not come back; `text` says why
  unban = 7,
  connect = 32,  // `session` is here as `nick`; only it is told
  join = 33,     // `nick` is now a member of `room`
  part = 34,     // `nick` left `room`; `text` says why
  kick = 35,     // `target` was made to leave `room` by `nick`; `text` says why
  nick = 36,     // `nick` is called `target` from now on
  quit = 37,     // `nick` is gone from everywhere; `text` says why
};

struct ChatEvent {
  Seq seq = 0;
  WallTime time{};
  EventKind kind = EventKind::message;
  SessionId session = 0;         // who did it; 0 in history
  SessionId target_session = 0;  // the receiver of a private message, the one who was kicked; 0 in history
  Seq ref = 0;                   // what was removed
  std::uint64_t command = 0;     // Command::id of the command that made it; 0 in history
  std::string room;              // as it was first spelled; empty if it is not about one room
  std::string room_key;          // the same by codec::fold_name(); empty in history
  std::string nick;              // of the actor, before the event
  std::string origin;            // what the actor's door wants shown as its user and host
  std::string target;
  std::string nick_key;  // of connect and nick: the nick from now on by codec::fold_name()
  std::string text;
  std::string tag;  // the client's own mark for this line, kept so that it can find it again

  bool is_private() const noexcept { return target_session != 0 && kind <= EventKind::action; }
  bool is_kept() const noexcept { return kind <= EventKind::unban && !is_private(); }
};

}  // namespace loquat::chat
