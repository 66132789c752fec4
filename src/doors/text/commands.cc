// commands.cc - the text door's commands, which begin with a slash.
#include <algorithm>
#include <charconv>
#include <utility>

#include "codec/text/names.h"
#include "codec/text/utf8.h"
#include "codec/text/words.h"
#include "doors/common/history_failure.h"
#include "doors/common/quoted.h"
#include "doors/operator/operator_commands.h"
#include "doors/operator/operator_key.h"
#include "doors/peers/peer.h"
#include "doors/text/client.h"
#include "doors/text/format.h"
#include "loquat/fiber.h"

namespace loquat::doors {

struct TextCommand {
  std::string_view name;
  void (TextClient::*run)(std::string_view rest);
};

namespace {

using chat::CommandKind;

constexpr std::size_t max_names = 200;  // in the answers to /rooms and /who
constexpr std::size_t max_lines = 100;  // of /history
constexpr std::size_t max_waiting = 64 * 1024;

// "ada, bob and 3 more"
class Names {
 public:
  void add(const std::string& name) {
    if (++count_ > max_names) return;
    if (!text_.empty()) text_ += ", ";
    text_ += name;
  }
  std::string text() const {
    return count_ > max_names ? text_ + " and " + std::to_string(count_ - max_names) + " more" : text_;
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace

// Runs a command after the client's earlier lines and commands have taken effect.
void TextClient::command(std::string_view line) {
  static constexpr TextCommand commands[] = {
      {"/help", &TextClient::help}, {"/nick", &TextClient::nick},   {"/join", &TextClient::join},
      {"/part", &TextClient::part}, {"/rooms", &TextClient::rooms}, {"/who", &TextClient::who},
      {"/msg", &TextClient::msg},   {"/me", &TextClient::me},       {"/history", &TextClient::history},
      {"/quit", &TextClient::quit}, {"/oper", &TextClient::oper},   {"/bans", &TextClient::bans},
  };
  settle();
  if (over_) return;
  const auto [word, rest] = codec::first_word(line);
  const auto* found =
      std::find_if(std::begin(commands), std::end(commands), [w = word](const auto& c) { return c.name == w; });
  if (found != std::end(commands)) return (this->*found->run)(rest);
  if (const auto asked = parse_operator_command(word, rest)) return operate(*asked);
  reply("There is no " + std::string(word) +
        ". /help lists the commands. To say a line that begins with /, begin it with //.");
}

void TextClient::help(std::string_view) {
  reply("What you type is said in " + (room_.empty() ? "your room" : room_) + ". Or:");
  reply("/nick NAME - change your name.  /me TEXT - do something.  /msg NAME TEXT - to one person alone.");
  reply("/rooms, /join ROOM, /part [ROOM], /who [ROOM], /history [LINES]");
  reply("/quit, or byebye - leave.");
  if (!operator_) return;
  reply("/kick NAME [WHY], /ban NAME or ADDRESS [WHY], /ban NAME --address [WHY] - make leave, and keep out.");
  reply("/bans, /unban NAME or ADDRESS.  /who shows addresses to you.");
}

void TextClient::nick(std::string_view rest) {
  if (rest.empty())
    return reply("You are called " + (session_.self() != nullptr ? session_.self()->nick : std::string("nothing")));
  session_.rename(std::string(rest));
}

void TextClient::join(std::string_view rest) {
  if (rest.empty()) return reply("/join needs a room; /rooms lists them.");
  const std::string name = codec::room_name(codec::first_word(rest).first);
  if (!context_.log.hub().is_member(session_.id(), name)) {
    session_.join(name);
    return settle();
  }
  room_ = context_.log.hub().room(name)->name;
  reply("You talk in " + room_ + " now");
}

void TextClient::part(std::string_view rest) {
  if (rest.empty() && room_.empty()) return reply("You are not in a room.");
  session_.part(rest.empty() ? room_ : codec::room_name(codec::first_word(rest).first));
  settle();
  const chat::Person* self = session_.self();
  if (!room_.empty() || self == nullptr || self->rooms.empty()) return;
  room_ = self->rooms.front()->name;
  reply("You talk in " + room_ + " now");
}

void TextClient::rooms(std::string_view) {
  std::vector<std::pair<std::size_t, std::string>> found;
  context_.log.hub().each_room([&](const chat::Room& room) { found.emplace_back(room.members.size(), room.name); });
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  Names names;
  for (const auto& [members, name] : found) names.add(name + " (" + std::to_string(members) + ")");
  if (sender_.wait_below(max_waiting)) reply("Rooms: " + names.text());
}

void TextClient::who(std::string_view rest) {
  if (rest.empty() && room_.empty()) return reply("You are not in a room.");
  const std::string name = rest.empty() ? room_ : codec::room_name(codec::first_word(rest).first);
  if (!sender_.wait_below(max_waiting)) return;
  const chat::Room* room = context_.log.hub().room(name);
  const chat::Person* one =
      operator_ && room == nullptr ? context_.log.hub().person(codec::first_word(rest).first) : nullptr;
  if (one != nullptr) return reply(with_address(*one));
  if (room == nullptr) return reply("Nobody is in " + name);
  Names names;
  for (const chat::Person* person : room->members) {
    names.add((person->is_operator ? "@" : "") + (operator_ ? with_address(*person) : person->nick));
  }
  reply("In " + room->name + ": " + names.text());
}

void TextClient::msg(std::string_view rest) {
  const auto [to, text] = codec::first_word(rest);
  if (text.empty()) return reply("/msg NAME TEXT");
  const chat::Person* person = context_.log.hub().person(to);
  if (person != nullptr && !person->away.empty()) reply(person->nick + " is away: " + quoted(person->away));
  post(CommandKind::message, std::string(to), text);
}

void TextClient::me(std::string_view rest) {
  if (rest.empty()) return reply("/me TEXT");
  if (room_.empty()) return reply("You are not in a room.");
  post(CommandKind::action, room_, rest);
}

void TextClient::history(std::string_view rest) {
  std::size_t lines = context_.options.history_lines;
  const std::string_view word = codec::first_word(rest).first;
  if (!word.empty() && std::from_chars(word.data(), word.data() + word.size(), lines).ec != std::errc{})
    return reply("/history [LINES]");
  if (room_.empty()) return reply("You are not in a room.");
  if (!sender_.wait_below(max_waiting)) return;
  const std::string room = room_;  // room_ may change meanwhile
  std::string text;
  try {
    for (const auto& event : offload([&] { return context_.log.archive().latest(room, std::min(lines, max_lines)); })) {
      text += text_line(event, 0);
    }
  } catch (const chat::ArchiveError& e) {
    return reply(history_failure(context_, e));
  }
  if (text.empty()) return reply("Nothing has been said in " + room);
  push(chat::buffer(std::move(text)), now());
}

void TextClient::oper(std::string_view rest) {
  if (!is_operator_key(context_, rest, address_)) return reply("That is not the operator key.");
  session_.submit(chat::Command::oper());
  operator_ = true;
  flood_.lift();
  reply("You are an operator now: /kick NAME [WHY], /ban NAME or ADDRESS [WHY], /unban, /bans. /who shows addresses");
}

void TextClient::bans(std::string_view) {
  if (!operator_) return reply(std::string("The bans are not shown: ") + chat::describe(chat::Reason::not_operator));
  std::string text;
  for (const std::string& line : ban_lines(context_.log.hub().bans())) text += system_line(line);
  if (sender_.wait_below(max_waiting)) push(chat::buffer(std::move(text)), now());
}

void TextClient::operate(const OperatorCommand& asked) {
  if (!asked.command) return reply(asked.missing);
  session_.submit(*asked.command);
  settle();
}

void TextClient::quit(std::string_view rest) {
  over_ = true;
  if (!rest.empty()) quit_text_ = own_quit(rest, context_.log.limits().text);
  last_bytes_ = "byebye";
}

}  // namespace loquat::doors
