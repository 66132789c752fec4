// command.h - what a session asks of the log, and the answer.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chat/event.h"
#include "loquat/sync.h"

namespace loquat::chat {

// Upper limits. Sizes are bytes; names.h limits nicks and room names.
struct Limits {
  std::size_t sessions = 20'000;
  std::size_t rooms = 10'000;  // with members in them
  std::size_t rooms_per_session = 50;
  std::size_t origin = 64;
  // A topic, a reason, or a message whose door does not know better. An IRC line has 510 bytes, and this many fit into
  // it whatever stands before them: ":nick!user@host PRIVMSG #room :" and an action's marks, with the longest nick
  // (30), user and host (14) and room (64).
  std::size_t text = 380;
  std::size_t message = 490;  // a message. IRC's door takes what fits into one line beside the names at hand
  std::size_t tag = 64;
};

enum class CommandKind : std::uint8_t {
  connect,  // enter the chat with the nick `target` (empty: a guest's nick) and the real name `text`
  oper,     // from now on the session may kick, ban, unban and remove; its door has checked the key
  console,  // as oper; nobody can kick the session, and it may do all that without having entered the chat
  rename,   // take the nick `target`
  join,     // enter `room`
  part,     // leave `room`; `text` says why
  message,  // say `text` in `room`, or to the nick `target` alone if `room` is empty
  notice,
  action,
  topic,   // set the topic of `room` to `text`
  quit,    // leave the chat; `text` says why
  away,    // be away, `text` says why; or be back if it is empty
  tell,    // of a door, not of its client: tell the session `to` the sentence `text`
  kick,    // operator: remove `target` from `room`, or from the chat if `room` is empty; `text` says why
  remove,  // operator: delete the event `ref` from the history
  ban,     // operator: remove `target`, a nick, an address or a prefix, and keep it out; `text` says why. The name of a
           // guest means its address, since the next guest gets another name
  ban_address,  // operator: the same with the address of the nick `target`, who is here or left a short while ago. Of
                // IPv6 it is the /64
  unban,        // operator: end the bans of `target`, also those of the address of that nick
};

// One of the functions makes it from what its kind needs; Session::submit() hands it to the log.
struct Command {
  static Command connect(std::string nick, std::string origin, std::string address, std::string real_name = {});
  static Command oper();
  static Command console();
  static Command rename(std::string nick);
  static Command join(std::string room);
  static Command part(std::string room, std::string why = {});
  // message, notice or action. `to` is a room, or a nick for a private message.
  static Command say(CommandKind kind, std::string to, std::string text, std::string tag = {});
  static Command topic(std::string room, std::string text);
  static Command quit(std::string why = {});
  static Command away(std::string why = {});
  static Command tell(SessionId to, std::string text);
  static Command kick(std::string room, std::string nick, std::string why = {});
  static Command remove(Seq ref);
  static Command ban(std::string target, std::string why = {});
  static Command ban_address(std::string nick, std::string why = {});
  static Command unban(std::string target);

  CommandKind kind{};
  SessionId session = 0;  // set by Session
  std::string room{};
  std::string target{};  // the nick to take, to speak to or to remove; of ban and unban: a nick, an address or a prefix
  std::string text{};    // the message, the topic, or the reason
  std::string tag{};     // the client's own mark for its line
  std::string origin{};  // of connect: what is shown as user and host
  std::string address{};                      // of connect: what bans look at
  Seq ref = 0;                                // of remove
  SessionId to = 0;                           // of tell
  std::shared_ptr<const Topic> room_topic{};  // of join: set by the log
  std::uint64_t id = 0;                       // the door's own number for it, returned in ChatEvent::command
};

// Why a command was refused.
enum class Reason : std::uint8_t {
  none,
  no_session,       // not connected yet, or no longer
  bad_nick,         // codec::check_nick() says why
  nick_in_use,      // taken, or looks like one that is taken
  nick_reserved,    // it is the server's or of services, or looks like that (codec::is_service_nick)
  bad_room,         // codec::check_room() says why
  room_look_alike,  // it looks like an existing room, in other letters
  secret,           // it contains LogOptions::secret
  bad_text,         // not UTF-8, or contains CR, LF or NUL, or is empty where a message needs text
  too_long,         // over a limit
  no_such_room,     // nobody is in it
  no_such_nick,     // nobody has it
  no_such_event,    // the history has no event with that number
  no_such_ban,
  not_member,  // of that room
  already_member,
  banned,
  nick_banned,
  not_bannable,  // neither a nick nor an address
  no_address,    // somebody who did not come over IP
  is_console,    // the operator at the server itself cannot be removed
  not_operator,
  too_many_sessions,
  too_many_rooms,  // of this session, or altogether
  read_only,       // a commit failed and none has succeeded since: rooms are read-only
  not_saved,       // the commit of this line failed: nobody has seen it
  stopped,         // the log has been stopped
};

// A short English sentence without a full stop: "that nick, or one that looks like it, is in use".
const char* describe(Reason reason) noexcept;

struct Outcome {
  Reason reason = Reason::none;
  Seq seq = 0;                         // of the event that the command made; 0 if nothing changed
  std::string details;                 // of read_only and not_saved: the archive's sentence
  std::vector<std::string> targets{};  // of ban and unban: the bans that were made or ended
  std::size_t removed = 0;             // of ban: how many had to leave
  bool ok() const noexcept { return reason == Reason::none; }
};

// A command on its way through the log.
struct Pending {
  Command command;
  Outcome outcome;
  Event done;
};

// The receipt for a command. Copies refer to the same command.
class Ticket {
 public:
  Ticket() = default;
  explicit Ticket(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

  bool done() const noexcept { return pending_->done.is_set(); }
  // Waits until the command was refused, or until its events are in the outboxes of all members on all workers. The
  // commands of one session are done in the order of their submission.
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
