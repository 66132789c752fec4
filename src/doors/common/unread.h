// unread.h - private messages that a client may not have read when its connection was lost.
//
// A TCP connection can end without a word, and what was sent into it last is gone. Nobody can know which lines arrived:
// so the sender of each private message that was sent shortly before is told that it may not have arrived.
//
//   Waiting   give_back() may wait for the log. add() and heard() never wait.
//   Bounds    The last `max_messages` are remembered.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "chat/session.h"
#include "loquat/time.h"

namespace loquat::doors {

class Unread {
 public:
  // `event` was sent to the client. Only private messages of others count, and no notices: those are never answered.
  void add(const chat::ChatEvent& event, chat::SessionId self, TimePoint time);
  // The client has said something. What was sent a moment before may still be on its way; the rest has arrived.
  void heard(TimePoint time);
  // The connection of `session` is lost, which took at most `noticed` to notice. Tells the senders.
  void give_back(chat::Session& session, Duration noticed);

  static constexpr std::size_t max_messages = 64;
  // What was sent this long before the client's last line may have arrived after it.
  static constexpr Duration on_the_way = std::chrono::seconds(10);

 private:
  struct Message {
    chat::SessionId sender;
    TimePoint sent;
    std::string sentence;
  };
  std::vector<Message> messages_;
};

}  // namespace loquat::doors
