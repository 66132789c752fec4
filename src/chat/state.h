// state.h - the rules: who is here, in which rooms, and what each command may do. It neither waits nor reads a clock.
//
// There is one, which the log's writer owns; the hubs follow its events.
//
//   Threads   One.
//   Rooms     A room exists here while somebody is in it, and no two that look alike do. What a room costs is forgotten
//             with its last member; its history is in the archive, and its name is free for one that looks like it.
//   Commits   apply() changes people and rooms at once: the next command is judged by them, and they are not stored.
//             Bans are stored, so they change in committed(), after their commit has succeeded; a command that changes
//             them is alone in its batch (is_solo). So nothing has to be undone after a failed commit.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "chat/archive.h"
#include "chat/ban_list.h"
#include "chat/command.h"
#include "codec/network/address_prefix.h"

namespace loquat::chat {

constexpr bool is_solo(CommandKind kind) noexcept {
  return kind == CommandKind::ban || kind == CommandKind::ban_address || kind == CommandKind::unban ||
         kind == CommandKind::remove;
}

class State {
 public:
  State(const Limits& limits, const std::vector<std::string>& reserved_nicks, const std::vector<Ban>& bans,
        std::string secret = {});

  // Checks `command`. If it is allowed, appends its events, without seq and time, and returns Reason::none. A command
  // that changes nothing makes no event. For a remove, `command.room` is the room of the removed event.
  Reason apply(const Command& command, std::vector<ChatEvent>& events);

  // `event` has been committed. For a ban, appends the quits of everybody whom it concerns.
  void committed(const ChatEvent& event, std::vector<ChatEvent>& events);

  std::size_t sessions() const noexcept { return people_.size(); }
  // Whether `command`, a join, may be the first into its room.
  bool opens_room(const Command& command) const;
  bool is_operator(SessionId session) const { return operators_.contains(session); }

 private:
  struct RoomState;
  struct Member {
    SessionId session = 0;
    std::string nick{};
    std::string look{};  // the nick's skeleton, the key of looks_
    std::string origin{};
    std::optional<codec::AddressPrefix> address{};  // nothing for who did not come over IP
    std::vector<RoomState*> rooms{};
    bool guest = false;  // the nick was given, not chosen
  };
  // A nick that somebody had a short while ago, and from where.
  struct FormerNick {
    std::string nick;
    codec::AddressPrefix address;
  };
  struct RoomState {
    std::string name;
    std::string key;
    std::string look;
    std::unordered_set<SessionId> members;
  };

  static ChatEvent event_of(EventKind kind, const Command& command, const Member& member);
  static ChatEvent event_of(EventKind kind, const Command& command, const Member& member, const RoomState& room);

  Reason connect(const Command& command, std::vector<ChatEvent>& events);
  Reason tell(const Command& command, std::vector<ChatEvent>& events) const;
  Reason rename(Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason join(Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason part(Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason post(Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason post_in_room(Member& member, const Command& command, EventKind kind, std::vector<ChatEvent>& events);
  Reason operate(const Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason remove(const Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason ban(const Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason ban_address(const Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason unban(const Member& member, const Command& command, std::vector<ChatEvent>& events);
  Reason kick(const Member& member, const Command& command, std::vector<ChatEvent>& events);
  void quit(Member& member, const Command& command, std::vector<ChatEvent>& events);

  Reason check_nick(std::string_view nick, SessionId session) const;
  Reason check_text(const Command& command) const;
  bool tells_secret(const Command& command) const;
  Reason open_room(const std::string& name, RoomState*& room);
  void leave(Member& member, RoomState& room);
  RoomState* find_room(std::string_view name) const;
  Member* find_member(std::string_view nick);
  bool banned(const Member& member) const;
  void forget_nick(const Member& member);

  Limits limits_;
  std::string secret_;
  std::unordered_set<std::string> reserved_;  // skeletons
  std::unordered_map<SessionId, Member> people_;
  std::unordered_map<std::string, SessionId> looks_;  // nicks by their skeletons
  std::unordered_set<SessionId> operators_;
  std::unordered_set<SessionId> consoles_;                             // the operators at the server itself
  std::unordered_map<std::string, std::unique_ptr<RoomState>> rooms_;  // by codec::fold_name()
  std::unordered_set<std::string> room_looks_;
  BanList bans_;
  std::deque<FormerNick> former_;  // the oldest first
  std::uint64_t guests_ = 0;
};

}  // namespace loquat::chat
