// chat_client_receive.cc - what the server says, as the client understands it.
#include <fmt/core.h>

#include <algorithm>

#include "chat_client.h"
#include "codec/text/chars.h"
#include "codec/text/names.h"
#include "codec/text/utf8.h"
#include "loquat/fiber.h"

namespace loquat::tool {

using codec::IrcMessage;

void ChatClient::receive(const std::string& line) {
  IrcMessage message;
  if (codec::parse_irc(line, message, codec::IrcLimits::server_tags) != codec::IrcError::none) return;
  dispatch(message, line);
}

void ChatClient::dispatch(const IrcMessage& message, const std::string& line) {
  bool numeric =
      message.command.size() == 3 && message.command.find_first_not_of("0123456789") == std::string_view::npos;
  if (numeric) return on_numeric(std::stoi(std::string(message.command)), message);
  std::string nick = nick_of(message.source);
  std::string last(message.size() == 0 ? "" : message.param(message.size() - 1));
  if (message.is("PING")) return send_line("PONG :" + last);
  if (message.is("PRIVMSG") || message.is("NOTICE")) return on_message(message, line);
  if (message.is("JOIN")) return on_join(message);
  if (message.is("BATCH")) return on_batch(message);
  if (message.is("FAIL")) return on_failure(message);
  if (message.is("ERROR")) {
    refusal_ = "the server says: " + codec::sanitize_line(last);
    return tell(refusal_);
  }
  if (message.is("PART")) return tell(nick + " left " + std::string(message.param(0)));
  if (message.is("QUIT")) return tell(nick + " has gone" + (last.empty() ? "" : ": " + last));
  if (message.is("TOPIC")) return tell(nick + " set the topic of " + std::string(message.param(0)) + ": " + last);
  if (message.is("KICK")) {
    return tell(std::string(message.param(1)) + " was kicked from " + std::string(message.param(0)) + " by " + nick);
  }
  if (message.is("NICK")) {
    if (codec::same_name(nick, nick_)) nick_ = last;
    return tell(nick + " is now " + last);
  }
}

void ChatClient::on_numeric(int number, const IrcMessage& message) {
  std::string last(message.size() == 0 ? "" : message.param(message.size() - 1));
  switch (number) {
    case 1:
      nick_ = std::string(message.param(0));
      return welcome();
    case 432:  // the nick is no nick
    case 433:  // or somebody has it
      if (registered_) return tell(std::string(message.param(1)) + ": " + last);
      if (number == 432) return refuse_me(std::string(message.param(1)) + ": " + last);
      nick_ = nick_.substr(0, codec::utf8_cut(nick_, 20)) + std::to_string(++next_id_ % 1000);
      return send_line("NICK " + nick_);
    case 465:
      return refuse_me(last);
    case 403:  // there is no such room, nor can there be one
    case 405:
    case 474:
    case 476:
      refuse_room(message.param(1), last);
      return on_failure(message);
    case 381:
      return tell("you are an operator now: /kick NAME");
    case 332:
      return tell("topic of " + std::string(message.param(1)) + ": " + last);
    case 353:
      return tell("in " + std::string(message.param(2)) + ": " + last);
    case 322:
      return tell(std::string(message.param(1)) + " (" + std::string(message.param(2)) + ") " + last);
    default:
      if (number >= 400) on_failure(message);
  }
}

void ChatClient::on_message(const IrcMessage& message, const std::string& line) {
  if (!is_channel(message.param(0))) return show_message(nullptr, message);
  Room* room = find_room(message.param(0));
  if (room == nullptr) return;
  bool of_history = !room->batch.empty() && message.tag("batch") == room->batch;
  if (of_history) {
    ++room->batch_lines;
  } else if (room->catching_up) {
    acknowledge(message);
    room->held.push_back(line);
    return;
  }
  show_message(room, message);
}

void ChatClient::on_join(const IrcMessage& message) {
  std::string name(message.param(0));
  std::string nick = nick_of(message.source);
  Room* room = find_room(name);
  if (room == nullptr || !codec::same_name(nick, nick_)) return tell(nick + " is in " + name);
  room->name = name;
  room->joined = true;
  ask_history(*room);
}

void ChatClient::on_batch(const IrcMessage& message) {
  std::string reference(message.param(0));
  if (reference.starts_with('+')) {
    Room* room = codec::equal_ignoring_case(message.param(1), "chathistory") ? find_room(message.param(2)) : nullptr;
    if (room != nullptr) room->batch = reference.substr(1);
    return;
  }
  for (auto& [key, room] : rooms_) {
    if (room.batch.empty() || room.batch != reference.substr(1)) continue;
    room.batch.clear();
    bool more = room.batch_lines >= 100;  // a full page: there may be another
    if (more) {
      ask_history(room);
    } else {
      caught_up(room);
    }
    return;
  }
}

// A line that the server refused is not pending any more; the user is told.
void ChatClient::on_failure(const IrcMessage& message) {
  std::string reason(message.size() == 0 ? "" : message.param(message.size() - 1));
  auto label = message.tag("label");
  for (auto it = pending_.begin(); label && it != pending_.end(); ++it) {
    if (it->id == *label) return refuse(it, reason);
  }
  if (message.is("FAIL") && message.param(0) == "CHATHISTORY") {
    for (auto& [key, room] : rooms_) {
      if (room.catching_up && room.batch.empty()) caught_up(room);
    }
  }
  tell(reason);
}

void ChatClient::refuse(std::deque<Pending>::iterator pending, const std::string& reason) {
  tell("not sent: " + pending->text + " (" + reason + ")");
  refused_ = reason;
  pending_.erase(pending);
  if (pending_.empty()) settled_.set();
}

// A room that the server does not let us into. Without the one that we came for there is nothing to do here.
void ChatClient::refuse_room(std::string_view name, const std::string& reason) {
  const Room* room = find_room(name);
  if (room == nullptr || room->joined) return;
  const auto is_there = [name](const Pending& pending) { return codec::same_name(pending.target, name); };
  for (auto it = pending_.begin(); (it = std::find_if(pending_.begin(), pending_.end(), is_there)) != pending_.end();)
    refuse(it, reason);
  const bool present = codec::same_name(room->name, room_);
  rooms_.erase(codec::fold_name(name));
  if (rooms_.empty()) return refuse_me(std::string(name) + ": " + reason);
  if (present) room_ = rooms_.begin()->second.name;
}

void ChatClient::refuse_me(const std::string& reason) {
  unwanted_ = true;
  refusal_ = codec::sanitize_line(reason);
  socket_.close();
}

}  // namespace loquat::tool
