// server_commands.h - the operator at the server itself: its own terminal, and `loquat admin`. No member of the chat,
// so nobody can kick or ban it.
//
//   /kick, /ban, /unban, /bans       operator_commands.h
//   /who [ROOM or NAME]              who is here, with addresses
//   /delete N                        deletes the message with that number
//   /help
//
//   Threads   One worker.
//   Waiting   run() waits for the log.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/session.h"

namespace loquat::doors {

class ServerCommands final : chat::Subscriber {
 public:
  explicit ServerCommands(chat::Log& log);

  struct Answer {
    bool ok = true;
    std::vector<std::string> lines{};  // safe for a terminal
  };
  // Carries out one line; the slash may be missing.
  Answer run(std::string_view line);

  // The actor of the events that the commands make.
  chat::SessionId id() const noexcept { return session_.id(); }

 private:
  void deliver(chat::Delivery&) noexcept override {}
  Answer carry_out(chat::Command command);
  Answer who(std::string_view rest);

  chat::Log& log_;
  chat::Session session_;
};

}  // namespace loquat::doors
