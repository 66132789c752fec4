#include "doors/operator/operator_commands.h"

#include <ctime>
#include <tuple>

#include "codec/text/words.h"

namespace loquat::doors {
namespace {

using chat::Command;
using chat::CommandKind;
using chat::Reason;
using codec::AddressPrefix;

constexpr std::string_view by_address = "--address";
constexpr std::size_t max_bans = 1000;

// Takes the word off the front or the end of `text`; false if it is at neither.
bool take_word(std::string_view& text, std::string_view word) {
  if (const auto [first, rest] = codec::first_word(text); first == word) {
    text = rest;
    return true;
  }
  if (!text.ends_with(word) || text.size() <= word.size() || text[text.size() - word.size() - 1] != ' ') return false;
  text.remove_suffix(word.size() + 1);
  return true;
}

// "NAME [WHY]", with --address before, after or between them.
Command parse_ban(std::string_view target, std::string_view why) {
  bool address = take_word(why, by_address);
  if (target == by_address) {
    std::tie(target, why) = codec::first_word(why);
    address = true;
  }
  return address ? Command::ban_address(std::string(target), std::string(why))
                 : Command::ban(std::string(target), std::string(why));
}

std::string had_to_leave(std::size_t count) {
  if (count == 0) return "; it applies to nobody here";
  return ", and " + std::to_string(count) + " who " + (count == 1 ? "was" : "were") + " here had to leave";
}

std::string_view participle(CommandKind kind) {
  switch (kind) {
    case CommandKind::kick:
      return "kicked";
    case CommandKind::unban:
      return "unbanned";
    case CommandKind::remove:
      return "deleted";
    default:
      return "banned";
  }
}

std::string failure(const Command& command, const chat::Outcome& outcome, const chat::BanList& bans) {
  const std::string what = command.kind == CommandKind::remove ? "#" + std::to_string(command.ref) : command.target;
  std::string text = what + " was not " + std::string(participle(command.kind)) + ": ";
  text += chat::describe(outcome.reason);
  if (!outcome.details.empty()) text += " (" + outcome.details + ")";
  if (command.kind == CommandKind::ban_address && outcome.reason == Reason::no_such_nick)
    text += ", nor had it a short while ago";
  const auto address = AddressPrefix::parse(command.target);
  const chat::Ban* met = address ? bans.covering(*address) : nullptr;
  if (outcome.reason == Reason::no_such_ban && met != nullptr) text += "; it is met by that of " + met->target;
  return text;
}

std::string banned(const Command& command, const chat::Outcome& outcome, const std::string& address_command) {
  const std::string left = had_to_leave(outcome.removed);
  const std::string& target = outcome.targets.empty() ? command.target : outcome.targets.front();
  const auto address = AddressPrefix::parse(target);
  if (!address)
    return "the nick " + target + " is banned" + left + ". Who comes with another nick is not met: " + address_command +
           " bans the address, without showing it";
  if (AddressPrefix::parse(command.target)) {
    const std::string network = address->host().str();
    const std::string hint = network == target ? "" : ". One host has a whole network: /ban " + network + " meets it";
    return target + " is banned" + left + hint;
  }
  const bool guest = command.kind == CommandKind::ban;
  return (guest ? command.target + " is a name that the server gives, so the address is banned without being shown"
                : "the address of " + command.target + " is banned without being shown") +
         left + ". To unban " + command.target + " ends it";
}

std::string unbanned(const Command& command, const chat::Outcome& outcome, const chat::BanList& bans) {
  const auto address = AddressPrefix::parse(command.target);
  if (const chat::Ban* met = address ? bans.covering(*address) : nullptr)
    return "the ban of " + command.target + " is ended, but it is still met by that of " + met->target;
  const std::size_t count = outcome.targets.size();
  return "the ban of " + command.target + " is ended" + (count > 1 ? ": there were " + std::to_string(count) : "");
}

std::string time_text(chat::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  char text[32];
  const std::size_t size =
      ::gmtime_r(&seconds, &utc) == nullptr ? 0 : std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
  return std::string(text, size);
}

}  // namespace

std::optional<OperatorCommand> parse_operator_command(std::string_view name, std::string_view rest) {
  const auto [target, why] = codec::first_word(rest);
  if (name != "/kick" && name != "/ban" && name != "/unban") return std::nullopt;
  if (target.empty() || (target == by_address && why.empty())) return OperatorCommand{{}, std::string(name) + " whom?"};
  if (name == "/kick") return OperatorCommand{Command::kick({}, std::string(target), std::string(why))};
  if (name == "/ban") return OperatorCommand{parse_ban(target, why)};
  return OperatorCommand{Command::unban(std::string(target))};
}

bool is_operation(CommandKind kind) noexcept {
  return kind == CommandKind::kick || kind == CommandKind::ban || kind == CommandKind::ban_address ||
         kind == CommandKind::unban || kind == CommandKind::remove;
}

std::string describe_operation(const chat::Ticket& ticket, const chat::BanList& bans, std::string address_command) {
  const Command& command = ticket.command();
  const chat::Outcome& outcome = ticket.get();
  if (!outcome.ok()) return failure(command, outcome, bans);
  if (address_command.empty()) address_command = "/ban " + command.target + " " + std::string(by_address);
  switch (command.kind) {
    case CommandKind::kick:
      return command.target + (command.room.empty() ? " had to leave" : " was removed from " + command.room);
    case CommandKind::unban:
      return unbanned(command, outcome, bans);
    case CommandKind::remove:
      return "#" + std::to_string(command.ref) + " is deleted";
    default:
      return banned(command, outcome, address_command);
  }
}

std::string describe_ban(const chat::Ban& ban) {
  if (!ban.nick.empty()) return ban.target + ", the address of " + ban.nick;
  return AddressPrefix::parse(ban.target) ? ban.target : "the nick " + ban.target;
}

std::vector<std::string> ban_lines(const chat::BanList& bans) {
  std::vector<std::string> lines;
  for (const auto& [target, ban] : bans.all()) {
    if (lines.size() == max_bans) {
      lines.push_back("and " + std::to_string(bans.all().size() - max_bans) + " more");
      break;
    }
    std::string line = describe_ban(ban);
    if (!ban.reason.empty()) line += " (" + ban.reason + ")";
    if (!ban.setter.empty()) line += ", by " + ban.setter + ", " + time_text(ban.time);
    lines.push_back(std::move(line));
  }
  if (lines.empty()) lines.emplace_back("nobody is banned");
  return lines;
}

std::string with_address(const chat::Person& person) {
  return person.address.empty() ? person.nick : person.nick + " (" + person.address + ")";
}

}  // namespace loquat::doors
