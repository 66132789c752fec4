// operator_console.h - the operator at the server's terminal: typed lines go to the lobby, and the lobby is shown.
//
// A line with a slash is a command: doors/operator/server_commands.h. Each message is shown with its number.
//
// Commands need no member, so they work whatever is done to "operator", the member that says the typed lines; nobody
// can kick or ban it. Without a terminal (a service, /dev/null, a pipe) it enters the lobby only when there is
// something to say. The server keeps running after the end of standard input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/log.h"
#include "chat/outbox.h"
#include "chat/session.h"
#include "doors/operator/server_commands.h"
#include "loquat/fiber.h"

namespace loquat::tool {

class OperatorConsole final : chat::Subscriber {
 public:
  // Begins to read descriptor `in`; lines go to descriptor `out`. If `quiet`, only answers to the operator's own lines
  // are shown; else the console joins the lobby at once. Both descriptors are borrowed.
  OperatorConsole(chat::Log& log, std::string lobby, int in, int out, bool quiet);
  ~OperatorConsole();

 private:
  void deliver(chat::Delivery& delivery) noexcept override;
  void read_lines(int fd);
  void write_lines(int fd);
  void obey(std::string line);
  void obey_command(const std::string& line);
  void say(std::string_view line);
  bool enter();
  void answer(const std::string& text);

  chat::Log& log_;
  std::string lobby_;
  bool quiet_;
  chat::Outbox outbox_;
  doors::ServerCommands commands_;
  std::optional<chat::Session> session_;  // the member, while it is in the lobby
  Fiber<> reader_;
  Fiber<> writer_;
};

}  // namespace loquat::tool
