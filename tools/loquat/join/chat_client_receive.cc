// chat_client_receive.cc - how the client handles the server's messages.
#include <fmt/core.h>

#include <algorithm>

#include "chat_client.h"
#include "codec/irc/numerics.h"
#include "codec/text/chars.h"
#include "codec/text/names.h"
#include "codec/text/utf8.h"
#include "doors/common/quoted.h"
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
  if (numeric) return on_numeric(message);
  std::string nick = nick_of(message.source);
  std::string last(message.size() == 0 ? "" : message.param(message.size() - 1));
  if (message.is("PING")) return send_line("PONG :" + last);
  const bool from_server = message.source.find('!') == std::string_view::npos;
  if (message.is("NOTICE") && from_server) return notify(last);
  if (message.is("PRIVMSG") || message.is("NOTICE")) return on_message(message, line);
  if (message.is("JOIN")) return on_join(message);
  if (message.is("BATCH")) return on_batch(message);
  if (message.is("FAIL")) return on_failure(message);
  if (message.is("ERROR")) {
    rejection_ = "the server says: " + codec::sanitize_line(last);
    return notify(rejection_);
  }
  if (message.is("PART")) return notify(nick + " left " + std::string(message.param(0)));
  if (message.is("QUIT")) return notify(nick + " has gone" + (last.empty() ? "" : ": " + doors::shown_quit(last)));
  if (message.is("TOPIC"))
    return notify(nick + " set the topic of " + std::string(message.param(0)) + ": " + doors::quoted(last));
  if (message.is("KICK")) {
    return notify(std::string(message.param(1)) + " was kicked from " + std::string(message.param(0)) + " by " + nick);
  }
  if (message.is("NICK")) {
    if (codec::same_name(nick, nick_)) nick_ = last;
    return notify(nick + " is now " + last);
  }
}

void ChatClient::on_numeric(const IrcMessage& message) {
  const std::string last(message.size() == 0 ? "" : message.param(message.size() - 1));
  const auto param = [&](std::size_t index) { return std::string(message.param(index)); };
  const auto is = [&](std::string_view numeric) { return message.command == numeric; };
  if (is(codec::RPL_WELCOME)) {
    nick_ = param(0);
    return on_welcome();
  }
  if (is(codec::RPL_YOUREOPER))
    return notify("you are an operator now: /kick NAME, /kill NAME, /ban NAME or ADDRESS, /unban, /bans");
  if (is(codec::RPL_TOPIC)) return notify("topic of " + param(1) + ": " + doors::quoted(last));
  if (is(codec::RPL_NAMREPLY)) return notify("in " + param(2) + ": " + last);
  if (is(codec::RPL_LIST))
    return notify(param(1) + " (" + param(2) + ")" + (last.empty() ? "" : " " + doors::quoted(last)));
  if (is(codec::ERR_ERRONEUSNICKNAME) || is(codec::ERR_NICKNAMEINUSE)) return on_nick_refused(message, last);
  if (is(codec::ERR_YOUREBANNEDCREEP)) return give_up(last + " (here: --operator-key FILE)");
  if (is(codec::ERR_PASSWDMISMATCH)) options_.operator_key.clear();
  if (is(codec::ERR_NOSUCHCHANNEL) || is(codec::ERR_TOOMANYCHANNELS) || is(codec::ERR_BANNEDFROMCHAN) ||
      is(codec::ERR_BADCHANMASK))
    refuse_room(message.param(1), last);
  if (message.command >= codec::ERR_UNKNOWNERROR) on_failure(message);
}

void ChatClient::on_nick_refused(const IrcMessage& message, const std::string& reason) {
  const std::string text = std::string(message.param(1)) + ": " + reason;
  if (registered_) return notify(text);
  if (message.command == codec::ERR_ERRONEUSNICKNAME) return give_up(text);
  nick_ = nick_.substr(0, codec::utf8_cut(nick_, 20)) + std::to_string(++next_id_ % 1000);
  send_line("NICK " + nick_);
}

void ChatClient::on_message(const IrcMessage& message, const std::string& line) {
  if (!is_channel(message.param(0))) return show_message(nullptr, message);
  Room* room = find_room(message.param(0));
  if (room == nullptr) return;
  const bool from_history = !room->batch.empty() && message.tag("batch") == room->batch;
  if (from_history) {
    ++room->batch_lines;
  } else if (room->catching_up) {
    on_sent(message);
    room->held.push_back(line);
    return;
  }
  show_message(room, message);
}

void ChatClient::on_join(const IrcMessage& message) {
  std::string name(message.param(0));
  std::string nick = nick_of(message.source);
  Room* room = find_room(name);
  if (room == nullptr || !codec::same_name(nick, nick_)) return notify(nick + " is in " + name);
  room->name = name;
  room->joined = true;
  request_history(*room);
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
    if (room.batch_lines >= history_page) {  // a full page: there may be more
      request_history(room);
    } else {
      end_catching_up(room);
    }
    return;
  }
}

// Drops a line that the server refused, and tells the user.
void ChatClient::on_failure(const IrcMessage& message) {
  std::string reason(message.size() == 0 ? "" : message.param(message.size() - 1));
  auto label = message.tag("label");
  for (auto it = pending_.begin(); label && it != pending_.end(); ++it) {
    if (it->id == *label) return refuse_line(it, reason);
  }
  if (message.is("FAIL") && message.param(0) == "CHATHISTORY") {
    for (auto& [key, room] : rooms_) {
      if (room.catching_up && room.batch.empty()) end_catching_up(room);
    }
  }
  notify(reason);
}

void ChatClient::refuse_line(std::deque<Pending>::iterator pending, const std::string& reason) {
  notify("not sent: " + pending->text + " (" + reason + ")");
  refused_ = reason;
  pending_.erase(pending);
  if (pending_.empty()) all_sent_.set();
}

// The server does not let us into a room. Without any room left, the client gives up.
void ChatClient::refuse_room(std::string_view name, const std::string& reason) {
  const Room* room = find_room(name);
  if (room == nullptr || room->joined) return;
  const auto is_there = [name](const Pending& pending) { return codec::same_name(pending.target, name); };
  for (auto it = pending_.begin(); (it = std::find_if(pending_.begin(), pending_.end(), is_there)) != pending_.end();)
    refuse_line(it, reason);
  const bool current = codec::same_name(room->name, room_);
  rooms_.erase(codec::fold_name(name));
  if (rooms_.empty()) return give_up(std::string(name) + ": " + reason);
  if (current) room_ = rooms_.begin()->second.name;
}

void ChatClient::give_up(const std::string& reason) {
  rejected_ = true;
  rejection_ = codec::sanitize_line(reason);
  socket_.close();
}

}  // namespace loquat::tool
