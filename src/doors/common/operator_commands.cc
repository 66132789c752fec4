#include "doors/common/operator_commands.h"

#include <charconv>

#include "codec/text/words.h"

namespace loquat::doors {
namespace {

using chat::Command;

OperatorCommand parse_delete(std::string_view number) {
  if (number.starts_with('#')) number.remove_prefix(1);
  chat::Seq seq = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), seq);
  if (error != std::errc{} || end != number.data() + number.size()) return {{}, "/delete N: N is a message's number"};
  return {Command::remove(seq)};
}

}  // namespace

std::optional<OperatorCommand> parse_operator_command(std::string_view name, std::string_view rest) {
  const auto [target, why] = codec::first_word(rest);
  if (name == "/delete") return parse_delete(target);
  if (name != "/kick" && name != "/ban" && name != "/unban") return std::nullopt;
  if (target.empty()) return OperatorCommand{{}, std::string(name) + " whom?"};
  if (name == "/kick") return OperatorCommand{Command::kick({}, std::string(target), std::string(why))};
  if (name == "/ban") return OperatorCommand{Command::ban(std::string(target), std::string(why))};
  return OperatorCommand{Command::unban(std::string(target))};
}

}  // namespace loquat::doors
