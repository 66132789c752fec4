// operator_commands.h - what an operator types, in the text door, at the server's terminal or in `loquat admin`, and
// what the operator is told:
//
//   /kick NAME [WHY]                 makes NAME leave the server
//   /ban NAME or ADDRESS [WHY]       and does not let it come back. ADDRESS may be a prefix: 192.0.2.0/24
//   /ban NAME --address [WHY]        the same with the address of NAME, which is not shown
//   /unban NAME or ADDRESS
//   /bans                            lists the bans
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/ban_list.h"
#include "chat/command.h"
#include "chat/hub.h"

namespace loquat::doors {

struct OperatorCommand {
  std::optional<chat::Command> command;
  std::string missing{};  // what to say if there is none
};

// `name` is the first word, with its slash; `rest` what follows it. Nothing if `name` is none of /kick, /ban, /unban.
std::optional<OperatorCommand> parse_operator_command(std::string_view name, std::string_view rest);

// Whether describe_operation() has something to say about the command.
bool is_operation(chat::CommandKind kind) noexcept;
// One sentence without a full stop, about a command that is done: what it did, to whom, or why not. `address_command`
// bans the address of Command::target at this door; empty: "/ban NAME --address".
std::string describe_operation(const chat::Ticket& ticket, const chat::BanList& bans, std::string address_command = {});

// The bans, one a line, at most a thousand of them; one line if there is none.
std::vector<std::string> ban_lines(const chat::BanList& bans);
// "the nick ada", "192.0.2.7, the address of ada".
std::string describe_ban(const chat::Ban& ban);

// "ada (192.0.2.7)", for operators only.
std::string with_address(const chat::Person& person);

}  // namespace loquat::doors
