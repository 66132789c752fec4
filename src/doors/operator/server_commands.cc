#include "doors/operator/server_commands.h"

#include <algorithm>
#include <charconv>

#include "codec/text/names.h"
#include "codec/text/utf8.h"
#include "codec/text/words.h"
#include "doors/operator/operator_commands.h"

namespace loquat::doors {
namespace {

using Answer = ServerCommands::Answer;

const std::vector<std::string> command_help{
    "/who [ROOM or NAME]              who is here, and from which address",
    "/kick NAME [WHY]                 makes NAME leave the server",
    "/ban NAME or ADDRESS [WHY]       and keeps it out; ADDRESS may be a prefix: 192.0.2.0/24",
    "/ban NAME --address [WHY]        bans the address of NAME without showing it",
    "/bans, /unban NAME or ADDRESS    lists the bans, ends one",
    "/delete N                        deletes the message with that number",
};

OperatorCommand parse_delete(std::string_view number) {
  if (number.starts_with('#')) number.remove_prefix(1);
  chat::Seq seq = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), seq);
  if (error != std::errc{} || end != number.data() + number.size()) return {{}, "/delete N: N is a message's number"};
  return {chat::Command::remove(seq)};
}

std::string describe_person(const chat::Person& person) {
  std::string line = with_address(person) + ", " + person.origin;
  for (const chat::Room* room : person.rooms) line += " " + room->name;
  return line;
}

}  // namespace

ServerCommands::ServerCommands(chat::Log& log) : log_(log), session_(log, *this) {
  session_.submit(chat::Command::console());
}

Answer ServerCommands::run(std::string_view line) {
  std::string clean = codec::sanitize_line(line);
  if (!clean.starts_with('/')) clean.insert(0, 1, '/');
  while (clean.ends_with(' ')) clean.pop_back();
  const auto [name, rest] = codec::first_word(clean);
  if (name == "/help") return {true, command_help};
  if (name == "/who") return who(rest);
  if (name == "/bans") return {true, ban_lines(log_.hub().bans())};
  const auto asked = name == "/delete" ? parse_delete(rest) : parse_operator_command(name, rest);
  if (!asked) return {false, {"there is no " + std::string(name) + "; /help lists the commands"}};
  if (!asked->command) return {false, {asked->missing}};
  return carry_out(*asked->command);
}

Answer ServerCommands::carry_out(chat::Command command) {
  const chat::Ticket ticket = session_.submit(std::move(command));
  session_.settle();
  return {ticket.get().ok(), {codec::sanitize_line(describe_operation(ticket, log_.hub().bans()))}};
}

Answer ServerCommands::who(std::string_view rest) {
  const std::string_view asked = codec::first_word(rest).first;
  std::vector<const chat::Person*> found;
  if (asked.empty()) {
    log_.hub().each_person([&](const chat::Person& person) { found.push_back(&person); });
    std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->session < b->session; });
  } else if (const chat::Person* person = log_.hub().person(asked)) {
    found.push_back(person);
  } else if (const chat::Room* room = log_.hub().room(codec::room_name(asked))) {
    found.assign(room->members.begin(), room->members.end());
  } else {
    return {false, {"there is no person and no room " + std::string(asked)}};
  }
  Answer answer;
  for (const chat::Person* person : found) answer.lines.push_back(codec::sanitize_line(describe_person(*person)));
  if (found.empty()) answer.lines.emplace_back("nobody is here");
  return answer;
}

}  // namespace loquat::doors
