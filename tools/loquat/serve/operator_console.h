// operator_console.h - the operator at the server's terminal: typed lines go to the lobby, and the lobby is shown.
//
// A line with a slash is a command: doors/common/operator_commands.h. Each message is shown with its number.
//
// The server keeps running after the end of standard input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/log.h"
#include "chat/outbox.h"
#include "chat/session.h"
#include "loquat/fiber.h"

namespace loquat::tool {

class OperatorConsole final : chat::Subscriber {
 public:
  // Joins the lobby as "operator" and begins to read descriptor `in`; lines go to descriptor `out`. If `quiet`, only
  // answers to the operator's own lines are shown. Both descriptors are borrowed.
  OperatorConsole(chat::Log& log, std::string lobby, int in, int out, bool quiet);
  ~OperatorConsole();

 private:
  void deliver(chat::Delivery& delivery) noexcept override;
  void read_lines(int fd);
  void write_lines(int fd);
  void obey(std::string line);
  void obey_command(std::string_view name, std::string_view rest);
  void answer(const std::string& text);
  void explain(const chat::Ticket& ticket);

  chat::Log& log_;
  std::string lobby_;
  bool quiet_;
  chat::Outbox outbox_;
  std::optional<chat::Session> session_;
  Fiber<> reader_;
  Fiber<> writer_;
};

}  // namespace loquat::tool
