// command.h - what a session asks of the log, and what it is told.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "chat/event.h"
#include "loquat/sync.h"

namespace loquat::chat {

// How much of everything there may be. Sizes are bytes; codec/text/names.h bounds nicks and rooms. By default every
// event fits into one IRC line, an action too.
struct Limits {
  std::size_t sessions = 20'000;
  std::size_t rooms = 10'000;  // with members in them
  std::size_t rooms_per_session = 50;
  std::size_t origin = 64;
  std::size_t text = 330;  // a message, a topic, a reason
  std::size_t tag = 64;
};

enum class CommandKind : std::uint8_t {
  connect,  // be here as `target` (empty: a guest name)
  oper,     // the session may kick, ban, unban and remove from now on; its door has checked that
  rename,   // be called `target`
  join,     // enter `room`
  part,     // leave `room`; `text` says why
  message,  // say `text` in `room`, or to the nick `target` alone if `room` is empty
  notice,
  action,
  topic,   // set the topic of `room` to `text`
  quit,    // leave for good; `text` says why
  kick,    // operator: make `target` leave `room`, or everything if `room` is empty; `text` says why
  remove,  // operator: delete the event `ref` from the history
  ban,     // operator: `target`, a nick or an address, has to go and may not come back; `text` says why
  unban,   // operator
};

// Made by one of the functions, which say what each kind needs; handed in by Session::submit().
struct Command {
  static Command connect(std::string nick, std::string origin, std::string address);
  static Command oper();
  static Command rename(std::string nick);
  static Command join(std::string room);
  static Command part(std::string room, std::string why = {});
  // message, notice or action. `to` is a room, or a nick for a private message.
  static Command say(CommandKind kind, std::string to, std::string text, std::string tag = {});
  static Command topic(std::string room, std::string text);
  static Command quit(std::string why = {});
  static Command kick(std::string room, std::string nick, std::string why = {});
  static Command remove(Seq ref);
  static Command ban(std::string target, std::string why = {});
  static Command unban(std::string target);

  CommandKind kind{};
  SessionId session = 0;  // whose it is: Session's to set
  std::string room{};
  std::string target{};   // the nick that is wanted, spoken to or made to leave; a ban's may be an address
  std::string text{};     // what is said, the topic, or why
  std::string tag{};      // the client's own mark for its line
  std::string origin{};   // of connect: what is shown as user and host
  std::string address{};  // of connect: what bans look at
  Seq ref = 0;            // of remove
  std::uint64_t id = 0;   // the door's own number for it, found again in ChatEvent::command
};

// Why a command was refused.
enum class Reason : std::uint8_t {
  none,
  no_session,       // not connected, or no longer
  bad_nick,         // codec::check_nick() says why
  nick_in_use,      // or one that looks the same is, or it is reserved
  bad_room,         // codec::check_room() says why
  room_look_alike,  // it looks like a room that is there, in other letters
  bad_text,         // not UTF-8, or with CR, LF or NUL in it, or empty where something must be said
  too_long,         // over a limit
  no_such_room,     // nobody is in it
  no_such_nick,     // nobody is called so
  no_such_event,    // nothing of that number is in the history
  no_such_ban,
  not_member,  // of that room
  already_member,
  banned,
  not_operator,
  too_many_sessions,
  too_many_rooms,  // of this session, or altogether
  read_only,       // a commit failed, and none has succeeded since: rooms take no lines
  not_saved,       // the commit of this very line failed: nobody has seen it
  stopped,         // the log has been stopped
};

// A short English sentence for it, without a full stop: "that nick is in use".
const char* describe(Reason reason) noexcept;

struct Outcome {
  Reason reason = Reason::none;
  Seq seq = 0;          // of the event that it made; 0 if nothing had to change
  std::string details;  // for read_only and not_saved: the archive's sentence
  bool ok() const noexcept { return reason == Reason::none; }
};

// A command on its way through the log.
struct Pending {
  Command command;
  Outcome outcome;
  Event done;
};

// The receipt for a command. Copies are the same receipt.
class Ticket {
 public:
  Ticket() = default;
  explicit Ticket(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

  bool done() const noexcept { return pending_->done.is_set(); }
  // Waits until the command has been refused, or what it did is in the outboxes of all members on all workers. One
  // session's commands are done in the order in which it submitted them.
  const Outcome& get() const {
    pending_->done.wait();
    return pending_->outcome;
  }
  const Command& command() const noexcept { return pending_->command; }
  explicit operator bool() const noexcept { return pending_ != nullptr; }

 private:
  std::shared_ptr<Pending> pending_;
};

}  // namespace loquat::chat
