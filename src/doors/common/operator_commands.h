// operator_commands.h - what an operator types, at the server's terminal or in the text door:
//
//   /kick NAME [WHY]               makes NAME leave the server
//   /ban NAME or ADDRESS [WHY]     and does not let it come back
//   /unban NAME or ADDRESS
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/command.h"

namespace loquat::doors {

struct OperatorCommand {
  std::optional<chat::Command> command;
  std::string missing{};  // what to say if there is none
};

// `name` is the first word, with its slash; `rest` what follows it. Nothing if `name` is none of the above.
std::optional<OperatorCommand> parse_operator_command(std::string_view name, std::string_view rest);

}  // namespace loquat::doors
