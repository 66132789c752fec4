// departures.h - who has left which room, and who had which nick.
//
//   Bounds    The last `max_rooms` departures from rooms and the last `max_gone` nicks are remembered, in memory.
//   Threads   Those of its hub.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "chat/event.h"

namespace loquat::chat {

// A nick that nobody has any more, or that somebody else took since.
struct Gone {
  std::string nick;
  std::string origin;
  std::string real_name;
  WallTime time{};  // until when
};

class Departures {
 public:
  // `start` is the first event that the hub applies.
  explicit Departures(Seq start = 0) : forgotten_(start) {}

  // The event `seq` took the nick out of the room. Both names are folded.
  void left(const std::string& nick_key, const std::string& room_key, Seq seq);
  // The last event of the room that the nick can have seen. If its departure is not remembered, that is the newest
  // forgotten one, or the start of the server, when everybody had left. Later events it has not seen under this nick.
  Seq last_seen(const std::string& nick_key, const std::string& room_key) const;

  void gone(Gone who);
  // Oldest first.
  const std::deque<Gone>& all_gone() const noexcept { return gone_; }

  static constexpr std::size_t max_rooms = 4096;
  static constexpr std::size_t max_gone = 256;

 private:
  std::unordered_map<std::string, Seq> left_;           // by nick and room
  std::deque<std::pair<std::string, Seq>> departures_;  // oldest first; the newest of a key is the one in left_
  Seq forgotten_;
  std::deque<Gone> gone_;
};

}  // namespace loquat::chat
