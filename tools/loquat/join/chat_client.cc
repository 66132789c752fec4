#include "chat_client.h"

#include <fmt/core.h>

#include <random>

#include "codec/irc/login.h"
#include "codec/text/line_reader.h"
#include "codec/text/names.h"
#include "codec/text/utf8.h"
#include "codec/text/words.h"
#include "doors/operator/operator_commands.h"
#include "loquat/fiber.h"

namespace loquat::tool {

using codec::IrcMessage;
using codec::IrcWriter;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_text = 380;  // fits into an IRC line beside the longest names
constexpr std::size_t max_seen = 500;  // msgids of a room
constexpr Duration ping_after = 60s;   // without a byte from the server
const std::string id_tag = "+loquat/id";

// "[15:09] " in this machine's time zone; empty if the message has no time.
std::string clock_of(const IrcMessage& message) {
  auto time = message.tag("time");
  std::tm utc{};
  if (!time || ::strptime(time->c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr) return "";
  std::time_t seconds = ::timegm(&utc);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("[{:02}:{:02}] ", local.tm_hour, local.tm_min);
}

}  // namespace

ChatClient::ChatClient(Options options, std::function<void(const std::string&)> show)
    : options_(std::move(options)), show_(std::move(show)), nick_(options_.nick), room_(options_.room) {
  std::random_device random;
  session_id_ = std::uint64_t{random()} << 32 | random();
  open_room(room_);
  all_sent_.set();
}

// --- the connection ------------------------------------------------------------------------------------------------

void ChatClient::run() {
  std::minstd_rand jitter(static_cast<unsigned>(session_id_));
  Duration pause = 500ms;
  int attempts = 0;
  while (!quitting_) {
    std::string trouble;
    try {
      connect_and_serve();
      trouble = "the server closed the connection";
    } catch (const OSError& e) {
      trouble = e.what();
      if (!rejected_ && !quitting_ && !was_registered_ && ++attempts == options_.max_attempts) throw;
    }
    if (quitting_) break;
    if (rejected_ || (!rejection_.empty() && !was_registered_)) throw std::runtime_error(rejection_);
    if (registered_) pause = 500ms;
    registered_ = false;
    Duration wait = pause / 2 + Duration(jitter() % static_cast<unsigned long>(pause.count() / 2));
    notify(fmt::format("{}; trying again in {:.1f} s", trouble, std::chrono::duration<double>(wait).count()));
    retry_now_.clear();
    (void)retry_now_.wait_for(wait);
    pause = std::min<Duration>(pause * 2, 30s);
  }
}

void ChatClient::connect_and_serve() {
  if (!options_.server.unix_path.empty()) {
    socket_ = Socket(AF_UNIX);
    socket_.connect(Address::unix_path(options_.server.unix_path));
  } else {
    socket_ = create_connection(options_.server.host, options_.server.port, 10s);
  }
  if (quitting_) return;
  if (options_.tls.enabled) socket_ = TlsEnd(options_.tls, false).wrap(std::move(socket_), options_.server.host, false);
  socket_.settimeout(ping_after);
  rejection_.clear();
  for (auto& pending : pending_) pending.sent = false;
  register_client();
  codec::LineReader lines(16 * 1024);
  bool asked = false;
  for (;;) {
    std::string data;
    try {
      data = socket_.recv(16 * 1024);
    } catch (const TimeoutError&) {
      if (asked) throw;
      asked = true;
      send_line("PING :still there");
      continue;
    }
    asked = false;
    if (data.empty()) return;
    for (std::string_view rest = data; auto line = lines.next(rest);) {
      if (line->kind == codec::LineReader::Kind::line) receive(std::string(line->text));
    }
  }
}

void ChatClient::register_client() {
  send_line("CAP LS 302");
  send_line("CAP REQ :server-time message-tags echo-message batch labeled-response draft/chathistory");
  send_line("CAP END");
  if (!options_.operator_key.empty()) send_line(IrcWriter().command("PASS").trailing(options_.operator_key).text());
  send_line("NICK " + nick_);
  send_line("USER " + nick_ + " 0 * :loquat join");
}

void ChatClient::send_line(const std::string& line) {
  try {
    socket_.sendall(line + "\r\n");
  } catch (const OSError&) {
    socket_.close();  // makes the reader fail and reconnect
  }
}

void ChatClient::on_welcome() {
  registered_ = was_registered_ = true;
  for (auto it = pending_.begin(); it != pending_.end();) {
    if (is_channel(it->target) || !it->sent) {
      ++it;
      continue;
    }
    notify("this may not have reached " + it->target + ": " + it->text);
    it = pending_.erase(it);
  }
  for (auto& [key, room] : rooms_) {
    room.joined = room.catching_up = false;
    room.batch.clear();
    room.held.clear();
    send_line("JOIN " + room.name);
  }
  if (pending_.empty()) all_sent_.set();
}

void ChatClient::quit() {
  quitting_ = true;
  if (registered_) send_line("QUIT :bye");
  retry_now_.set();
  socket_.close();
}

bool ChatClient::wait_sent(Duration timeout) {
  for (std::size_t left = pending_.size(); !all_sent_.wait_for(timeout); left = pending_.size()) {
    if (pending_.size() >= left) return false;
  }
  return true;
}

// --- what the user types -------------------------------------------------------------------------------------------

void ChatClient::input(std::string line) {
  line = codec::sanitize_line(line);
  if (!codec::is_typed_command(line)) return say(line.starts_with("//") ? line.substr(1) : std::move(line));
  line = "/" + std::string(codec::without_slashes(line));
  const auto [name, rest] = codec::first_word(line);
  command(name, std::string(rest));
}

void ChatClient::say(std::string line) {
  line = codec::sanitize_line(line);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (!line.empty()) post(room_, line, false);
}

void ChatClient::post(const std::string& target, const std::string& text, bool action) {
  for (std::string_view piece : codec::split_text(text, max_text)) {
    std::string body = action ? "\001ACTION " + std::string(piece) + "\001" : std::string(piece);
    pending_.push_back({new_id(), target, body, false});
  }
  all_sent_.clear();
  Room* room = find_room(target);
  if (registered_ && (room == nullptr || !room->catching_up)) send_pending(target);
}

std::string ChatClient::new_id() { return fmt::format("{:x}-{}", session_id_, ++next_id_); }

void ChatClient::send_pending(const std::string& target) {
  for (auto& pending : pending_) {
    if (pending.sent || !codec::same_name(pending.target, target)) continue;
    pending.sent = true;
    send_line(IrcWriter()
                  .tag("label", pending.id)
                  .tag(id_tag, pending.id)
                  .command("PRIVMSG")
                  .param(pending.target)
                  .trailing(pending.text)
                  .text());
  }
}

void ChatClient::command(std::string_view name, const std::string& rest) {
  const auto [word, second] = codec::first_word(rest);
  const std::string first(word);
  if (name == "/quit") return quit();
  if (name == "/me" && !rest.empty()) return post(room_, rest, true);
  if (name == "/msg" && !second.empty()) return post(first, std::string(second), false);
  if (name == "/nick" && !first.empty()) return send_line("NICK " + first);
  if (name == "/topic" && !rest.empty())
    return send_line(IrcWriter().command("TOPIC").param(room_).trailing(rest).text());
  if (name == "/who") return send_line("NAMES " + room_);
  if (name == "/rooms") return send_line("LIST");
  if (name == "/oper" && !first.empty()) {
    options_.operator_key = first;  // for the next connections, too
    return send_line(IrcWriter().command("OPER").param("me").trailing(first).text());
  }
  if (name == "/kick" && !first.empty())
    return send_line(IrcWriter().command("KICK").param(room_).param(first).trailing(second).text());
  if (name == "/kill" && !first.empty())
    return send_line(IrcWriter().command("KILL").param(first).trailing(second).text());
  if (operate(name, rest)) return;
  if (name == "/join" && !first.empty()) {
    std::string wanted = is_channel(first) ? first : "#" + first;
    const auto error = codec::check_room(wanted);
    if (error != codec::NameError::none) return notify(wanted + ": a room's name " + std::string(describe(error)));
    bool fresh = find_room(wanted) == nullptr;
    room_ = open_room(wanted).name;
    if (fresh) send_line("JOIN " + wanted);
    return notify("you talk in " + room_);
  }
  if (name == "/part") {
    std::string leaving = first.empty() ? room_ : first;
    if (find_room(leaving) == nullptr) return notify("you are not in " + leaving);
    send_line("PART " + leaving);
    rooms_.erase(codec::fold_name(leaving));
    if (codec::same_name(leaving, room_))
      room_ = rooms_.empty() ? open_room(options_.room).name : rooms_.begin()->second.name;
    return notify("you talk in " + room_);
  }
  notify(
      "/join ROOM, /part, /nick NAME, /msg NAME TEXT, /me TEXT, /topic TEXT, /who, /rooms, /quit; "
      "// sends a line that begins with /. Operators: /oper KEY, /kick NAME, /kill NAME, "
      "/ban NAME or ADDRESS [--address], /unban, /bans");
}

// The bans of the text door, as KLINEs.
bool ChatClient::operate(std::string_view name, const std::string& rest) {
  if (name == "/bans") return send_line("KLINE"), true;
  const auto asked = doors::parse_operator_command(name, rest);
  if (!asked) return false;
  if (!asked->command) return notify(asked->missing), true;
  std::string mask = asked->command->target;
  const bool nick = mask.find_first_of(".:/") == std::string::npos;
  if (mask.starts_with(':')) mask.insert(0, 1, '0');  // no parameter of IRC begins with a colon
  if (nick && asked->command->kind == chat::CommandKind::ban) mask += "!*@*";
  const bool ends = asked->command->kind == chat::CommandKind::unban;
  send_line(IrcWriter().command(ends ? "UNKLINE" : "KLINE").param(mask).trailing(asked->command->text).text());
  return true;
}

// --- rooms and what has been seen ----------------------------------------------------------------------------------

ChatClient::Room& ChatClient::open_room(const std::string& name) {
  Room& room = rooms_[codec::fold_name(name)];
  if (room.name.empty()) room.name = name;
  return room;
}

ChatClient::Room* ChatClient::find_room(std::string_view name) {
  auto found = rooms_.find(codec::fold_name(name));
  return found == rooms_.end() ? nullptr : &found->second;
}

bool ChatClient::mark_seen(Room& room, const std::string& id) {
  if (!room.seen.insert(id).second) return false;
  room.seen_order.push_back(id);
  if (room.seen_order.size() > max_seen) {
    room.seen.erase(room.seen_order.front());
    room.seen_order.pop_front();
  }
  return true;
}

void ChatClient::request_history(Room& room) {
  room.catching_up = true;
  room.batch_lines = 0;
  if (room.last.empty()) {
    send_line(fmt::format("CHATHISTORY LATEST {} * {}", room.name, options_.history));
  } else {
    send_line(fmt::format("CHATHISTORY AFTER {} msgid={} {}", room.name, room.last, history_page));
  }
}

// The room's history is complete: shows the lines that arrived meanwhile and sends the room's pending lines.
void ChatClient::end_catching_up(Room& room) {
  room.catching_up = false;
  for (auto& line : std::exchange(room.held, {})) {
    IrcMessage message;
    if (codec::parse_irc(line, message, codec::IrcLimits::server_tags) == codec::IrcError::none)
      show_message(&room, message);
  }
  send_pending(room.name);
}

void ChatClient::on_sent(const IrcMessage& message) {
  auto id = message.tag(id_tag);
  if (!id) return;
  std::erase_if(pending_, [&](const Pending& pending) { return pending.id == *id; });
  if (pending_.empty()) all_sent_.set();
}

void ChatClient::show_message(Room* room, const IrcMessage& message) {
  std::string id = message.tag("msgid").value_or("");
  if (room != nullptr && !id.empty()) {
    if (!mark_seen(*room, id)) return;
    room->last = id;
  }
  on_sent(message);
  std::string nick = nick_of(message.source);
  std::string text(message.param(1));
  bool action = text.starts_with("\001ACTION ");
  if (action) text = text.substr(8, text.size() - 8 - (text.ends_with('\x01') ? 1 : 0));
  std::string where =
      room == nullptr ? (codec::same_name(nick, nick_) ? "-> " + std::string(message.param(0)) + " " : "private from ")
      : codec::same_name(room->name, room_) ? ""
                                            : room->name + " ";
  show_(codec::sanitize_line(clock_of(message) + where + (action ? "~ " + nick + " " : nick + ": ") + text));
}

void ChatClient::notify(const std::string& text) {
  if (options_.notices) show_(codec::sanitize_line("* " + text));
}

}  // namespace loquat::tool
