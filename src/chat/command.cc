#include "chat/command.h"

#include <utility>

#include "codec/text/names.h"

namespace loquat::chat {

Command Command::connect(std::string nick, std::string origin, std::string address, std::string real_name) {
  return {.kind = CommandKind::connect,
          .target = std::move(nick),
          .text = std::move(real_name),
          .origin = std::move(origin),
          .address = std::move(address)};
}

Command Command::oper() { return {.kind = CommandKind::oper}; }

Command Command::console() { return {.kind = CommandKind::console}; }

Command Command::rename(std::string nick) { return {.kind = CommandKind::rename, .target = std::move(nick)}; }

Command Command::join(std::string room) { return {.kind = CommandKind::join, .room = std::move(room)}; }

Command Command::part(std::string room, std::string why) {
  return {.kind = CommandKind::part, .room = std::move(room), .text = std::move(why)};
}

Command Command::say(CommandKind kind, std::string to, std::string text, std::string tag) {
  Command command{.kind = kind, .text = std::move(text), .tag = std::move(tag)};
  (codec::is_room(to) ? command.room : command.target) = std::move(to);
  return command;
}

Command Command::topic(std::string room, std::string text) {
  return {.kind = CommandKind::topic, .room = std::move(room), .text = std::move(text)};
}

Command Command::away(std::string why) { return {.kind = CommandKind::away, .text = std::move(why)}; }

Command Command::tell(SessionId to, std::string text) {
  return {.kind = CommandKind::tell, .text = std::move(text), .to = to};
}

Command Command::quit(std::string why) { return {.kind = CommandKind::quit, .text = std::move(why)}; }

Command Command::kick(std::string room, std::string nick, std::string why) {
  return {.kind = CommandKind::kick, .room = std::move(room), .target = std::move(nick), .text = std::move(why)};
}

Command Command::remove(Seq ref) { return {.kind = CommandKind::remove, .ref = ref}; }

Command Command::ban(std::string target, std::string why) {
  return {.kind = CommandKind::ban, .target = std::move(target), .text = std::move(why)};
}

Command Command::ban_address(std::string nick, std::string why) {
  return {.kind = CommandKind::ban_address, .target = std::move(nick), .text = std::move(why)};
}

Command Command::unban(std::string target) { return {.kind = CommandKind::unban, .target = std::move(target)}; }

const char* describe(Reason reason) noexcept {
  switch (reason) {
    case Reason::none:
      return "done";
    case Reason::no_session:
      return "you are not connected";
    case Reason::bad_nick:
      return "that is not a valid nick";
    case Reason::nick_reserved:
      return "that nick belongs to the server or to services, or looks like it";
    case Reason::nick_in_use:
      return "that nick, or one that looks like it, is in use";
    case Reason::bad_room:
      return "that is not a valid room name";
    case Reason::room_look_alike:
      return "a room that looks the same is there already";
    case Reason::secret:
      return "it contains the operator key, and everybody would read it";
    case Reason::bad_text:
      return "that text cannot be displayed";
    case Reason::too_long:
      return "that is too long";
    case Reason::no_such_room:
      return "there is no such room";
    case Reason::no_such_nick:
      return "nobody here has that nick";
    case Reason::no_such_event:
      return "there is no message with that number";
    case Reason::no_such_ban:
      return "there is no such ban";
    case Reason::not_member:
      return "you are not in that room";
    case Reason::already_member:
      return "you are already there";
    case Reason::banned:
      return "you are banned from this server";
    case Reason::nick_banned:
      return "that nick is banned";
    case Reason::not_bannable:
      return "that is neither a nick nor an address";
    case Reason::no_address:
      return "they did not come over IP, so there is no address to ban";
    case Reason::is_console:
      return "that is the operator at the server itself";
    case Reason::not_operator:
      return "only an operator may do that";
    case Reason::too_many_sessions:
      return "the server is full";
    case Reason::too_many_rooms:
      return "there are too many rooms";
    case Reason::read_only:
      return "nothing can be saved at the moment, so rooms are read-only";
    case Reason::not_saved:
      return "it could not be saved, and nobody has seen it";
    case Reason::stopped:
      return "the server is closing";
  }
  return "unknown";
}

}  // namespace loquat::chat
