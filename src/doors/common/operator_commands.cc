#include "doors/common/operator_commands.h"

#include "codec/text/words.h"

namespace loquat::doors {

std::optional<OperatorCommand> parse_operator_command(std::string_view name, std::string_view rest) {
  using chat::Command;
  const auto [target, why] = codec::first_word(rest);
  if (name != "/kick" && name != "/ban" && name != "/unban") return std::nullopt;
  if (target.empty()) return OperatorCommand{{}, std::string(name) + " whom?"};
  if (name == "/kick") return OperatorCommand{Command::kick({}, std::string(target), std::string(why))};
  if (name == "/ban") return OperatorCommand{Command::ban(std::string(target), std::string(why))};
  return OperatorCommand{Command::unban(std::string(target))};
}

}  // namespace loquat::doors
