#include "doors/text/client.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "codec/irc/login.h"
#include "codec/sniff.h"
#include "codec/text/utf8.h"
#include "codec/text/words.h"
#include "doors/common/history_failure.h"
#include "doors/common/quoted.h"
#include "doors/operator/operator_key.h"
#include "doors/operator/secrets.h"
#include "doors/text/format.h"
#include "loquat/fiber.h"
#include "net/closing.h"

namespace loquat::doors {

using namespace std::chrono_literals;
using chat::CommandKind;
using chat::EventKind;
using chat::Reason;
using chat::Ticket;

namespace {

constexpr std::size_t read_size = 16 * 1024;
constexpr std::string_view too_long = "That is longer than 8192 bytes: not said.";
constexpr Duration write_timeout = 30s;
constexpr Duration lost_after =
    2min + write_timeout;               // when the connection of a peer that has vanished ends (front.cc)
constexpr Duration farewell_time = 6s;  // in piece mode the last bytes take 600 ms of it
constexpr Duration slow_farewell_time = write_timeout;  // time for a slow reader to see why it is disconnected
// A client in piece mode is sent lines slowly, so they may wait longer.
constexpr chat::OutboxBounds bounds{1024 * 1024, 2min};

const chat::Buffer& farewell() {
  static const chat::Buffer buffer = chat::buffer(system_line("You read too slowly: too much was waiting. Goodbye."));
  return buffer;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// What a line counts for when floods are slowed (flood.h).
LineCost text_cost(std::string_view line, std::size_t max_text) {
  const auto begins = [line](auto... words) { return (line.starts_with(words) || ...); };
  const LineCost said{1 + line.size() / max_text, 0};
  if (!begins("/") || begins("//", "/msg", "/me", "/join", "/part")) return said;
  if (begins("/nick")) return {2, 0};
  return begins("/who", "/rooms", "/history") ? LineCost{0, 2} : LineCost{0, 1};
}

std::string complaint(const Ticket& ticket) {
  const chat::Outcome& outcome = ticket.get();
  std::string why = chat::describe(outcome.reason);
  if (!outcome.details.empty()) why += " (" + outcome.details + ")";
  const chat::Command& command = ticket.command();
  switch (command.kind) {
    case CommandKind::message:
    case CommandKind::notice:
    case CommandKind::action:
      return "Not said: " + why + ": " + command.text;
    case CommandKind::rename:
      return "You keep your name: " + why + ": " + command.target;
    default:
      return "That did not work: " + why;
  }
}

}  // namespace

TextClient::TextClient(Context& context, Socket& socket, std::string address)
    : context_(context),
      socket_(socket),
      address_(std::move(address)),
      link_(socket),
      flood_(context, address_),
      sender_(context.senders, link_, farewell(), bounds),
      session_(context.log, *this) {
  socket.settimeout(write_timeout);
}

void TextClient::run(std::string first_bytes) {
  if (!enter(first_bytes)) return net::close_gently(socket_);
  {
    const StopList::Entry entry(context_.stop_list, *this);
    try {
      if (first_bytes.size() >= codec::max_sniffed) start_lines();  // not a piece: it has not ended
      take(first_bytes);
      if (!line_mode_) take_piece();
      std::string().swap(first_bytes);
      settle();
      read_all();
    } catch (const OSError&) {
      quit_text_ = "connection lost";
      lost_ = true;
    }
    over_ = true;
  }
  if (lost_ || sender_.broken() || sender_.failed()) unread_.give_back(session_, lost_after);
  session_.quit(quit_text_.empty() ? "connection closed" : quit_text_);
  link_.set_last(std::move(last_bytes_));
  sender_.drain(sender_.broken() ? slow_farewell_time : farewell_time);
  net::close_gently(socket_);
}

// Into the lobby, under a guest's name. Whoever brings the operator's key comes in despite a ban.
bool TextClient::enter(std::string_view first_bytes) {
  Flood::wait(link_, flood_.arrive(now()), over_);
  const auto connect = [&] { return session_.connect({}, "guest@text", address_).get().reason; };
  Reason reason = connect();
  if (reason == Reason::banned && brings_key(first_bytes, address_)) {
    session_.submit(chat::Command::oper());
    reason = connect();
  }
  session_.settle();
  if (reason != Reason::none) {
    link_.lines();
    reply(std::string("You cannot enter: ") + chat::describe(reason) +
          (reason == Reason::banned ? ". An operator comes in by /oper KEY as the first line." : ""));
    sender_.drain(farewell_time);
    return false;
  }
  session_.join(context_.options.lobby);
  return true;
}

// Whether the first line is "/oper KEY". It will be carried out like any other line.
bool TextClient::brings_key(std::string_view first_bytes, const std::string& address) {
  std::string text, replies;
  codec::TelnetFilter().feed(first_bytes, text, replies);
  const auto [word, key] = codec::first_word(trim(std::string_view(text).substr(0, text.find('\n'))));
  return word == "/oper" && is_operator_key(context_, key, address);
}

// --- What comes in -------------------------------------------------------------------------------------------------

void TextClient::read_all() {
  while (!over_) {
    if (!socket_.wait_readable(pause())) {
      take_piece();
    } else {
      const std::string bytes = socket_.recv(read_size);
      if (over_) return;
      if (bytes.empty()) {
        take_piece();
        return settle();
      }
      take(bytes);
      sleep(Duration::zero());  // others run between the reads of a client that floods
    }
    settle();
  }
}

Duration TextClient::pause() const noexcept {
  if (line_mode_) return Duration::max();
  return too_long_ ? piece_pause : piece_.pause();
}

void TextClient::take(std::string_view bytes) {
  unread_.heard(now());
  std::string text, replies;
  telnet_.feed(bytes, text, replies);
  if (!replies.empty()) push(chat::buffer(std::move(replies)), now());
  if (!line_mode_ && (telnet_.seen() || text.find('\n') != std::string::npos)) start_lines();
  if (line_mode_) return take_lines(text);
  if (text.empty()) return;
  link_.gathering();
  if (!too_long_) piece_.feed(text);
  if (piece_.size() > max_line && !std::exchange(too_long_, true)) reply(too_long);
}

void TextClient::take_lines(std::string_view text) {
  using Kind = codec::LineReader::Kind;
  while (!over_) {
    const auto line = lines_.next(text);
    if (!line) return;
    if (line->kind != Kind::line) wait_turn({0, 1});
    if (line->kind == Kind::line)
      say(line->text);
    else if (line->kind == Kind::forbidden)
      reply("That line has a control character in it: not said.");
    else if (!std::exchange(too_long_, false))
      reply(too_long);
  }
}

// Says what came before a pause or the end of input.
void TextClient::take_piece() {
  const std::string piece = line_mode_ ? std::string(lines_.pending()) : piece_.take();
  if (line_mode_) lines_.clear();
  link_.spoke();
  if (!std::exchange(too_long_, false)) say(piece);
}

// After the first line end the client is in line mode.
void TextClient::start_lines() {
  line_mode_ = true;
  link_.lines();
  if (!room_.empty()) replays_.push_back({sender_.gap(), room_, context_.log.hub().seq(), true});
  take_lines(piece_.take());
}

// Waits while the client's lines come too fast. The rooms see meanwhile what it has said so far.
void TextClient::wait_turn(LineCost cost) {
  const Duration pause = flood_.take(cost, now());
  if (pause <= Duration::zero()) return;
  if (flood_.begins()) reply(flood_.sentence());
  settle();
  Flood::wait(link_, pause, over_);
  if (sender_.failed()) over_ = lost_ = true;
}

void TextClient::say(std::string_view line) {
  if (over_ || trim(line).empty()) return;
  const bool readable = codec::is_utf8(line);
  const std::string clean = readable ? codec::sanitize_line(line) : std::string();
  const std::string_view text = trim(clean);
  const std::string typed = codec::is_typed_command(text) ? "/" + std::string(codec::without_slashes(text)) : "";
  wait_turn(text_cost(typed.empty() ? trim(line) : typed, context_.log.limits().text));
  if (over_) return;
  if (!readable) return reply("That was not UTF-8: not said. Set your terminal to UTF-8.");
  if (text.empty()) return;
  if (text == "byebye") {
    over_ = true;
    quit_text_ = last_bytes_ = text;
    return;
  }
  if (!typed.empty()) return command(typed);
  if (codec::is_login(text) || tells_secret(context_, text))
    return reply("Not said: " + std::string(secret_reason) + ".");
  if (room_.empty()) settle();
  if (room_.empty()) return reply("You are not in a room. /join " + context_.options.lobby);
  post(CommandKind::message, room_, text.starts_with("//") ? text.substr(1) : std::string_view(clean));
}

// Says `text` in as many messages as its length needs.
void TextClient::post(CommandKind kind, const std::string& to, std::string_view text) {
  for (const std::string_view part : codec::split_text(text, context_.log.limits().text)) {
    if (session_.unsettled() >= chat::Session::window) {
      ++context_.counters.floods_slowed;
      settle();
    }
    session_.post(kind, to, std::string(part));
  }
}

void TextClient::report(const Ticket& ticket) {
  if (over_) return;
  if (is_operation(ticket.command().kind)) return reply(describe_operation(ticket, context_.log.hub().bans()));
  if (!ticket.get().ok()) reply(complaint(ticket));
}

void TextClient::settle() {
  session_.settle([this](const Ticket& ticket) { report(ticket); });
  replay();
}

void TextClient::replay() {
  for (; !replays_.empty(); replays_.erase(replays_.begin())) {
    const Replay next = replays_.front();
    sender_.fill(next.gap, chat::buffer(history_of(next)));
  }
  replays_.shrink_to_fit();
}

// The welcome to a room, and what was said there.
std::string TextClient::history_of(const Replay& replay) {
  const chat::Person* self = session_.self();
  const chat::Room* room = context_.log.hub().room(replay.room);
  if (self == nullptr || room == nullptr) return {};
  std::string text;
  if (replay.welcome)
    text = system_line("Welcome to " + context_.options.server_name + ". You are " + self->nick +
                       ". Type to talk, /help for more.");
  const std::size_t others = room->members.size() - 1;
  text += system_line(
      "You are in " + room->name +
      (others == 0 ? ", alone" : ", with " + std::to_string(others) + (others == 1 ? " other" : " others")));
  if (!room->topic.text.empty()) text += system_line("The topic is: " + quoted(room->topic.text));
  if (!context_.options.replay) return text;
  try {
    const std::size_t lines = context_.options.history_lines;
    for (const auto& event : offload([&] { return context_.log.archive().latest(replay.room, lines, replay.up_to); })) {
      text += text_line(event, 0);
    }
  } catch (const std::runtime_error& e) {  // of the archive, or no thread can be started
    text += system_line(history_failure(context_, e));
  }
  return text;
}

// --- What goes out -------------------------------------------------------------------------------------------------

void TextClient::deliver(chat::Delivery& delivery) noexcept {
  if (over_) return;
  try {
    hear(delivery);
  } catch (const std::exception&) {
    leave("out of memory", {});  // a client that missed an event must not stay
  }
}

void TextClient::hear(chat::Delivery& delivery) {
  const chat::ChatEvent& e = delivery.event();
  if (e.session == session_.id()) return hear_own(e);
  unsigned variant = line_mode_ ? 0U : messages_only;
  if (!e.room.empty() && e.room != room_) variant |= name_room;
  if (e.kind == EventKind::kick && e.target_session == session_.id()) {
    if (e.room.empty()) return;  // the goodbye says it
    reply("You were removed from " + e.room + " by " + e.nick + (e.text.empty() ? "" : ": " + quoted(e.text)));
    if (room_ == e.room) room_.clear();
    return;
  }
  unread_.add(e, session_.id(), delivery.now());
  push(delivery.encoded(text_line, variant), delivery.now());
}

void TextClient::hear_own(const chat::ChatEvent& e) {
  if (e.kind == EventKind::quit) {
    reply("Goodbye: " + e.text);
    return leave(e.text, line_mode_ ? "" : "byebye");
  }
  if (e.kind == EventKind::join) return entered(e);
  if (e.kind == EventKind::part && room_ == e.room) room_.clear();
  push(chat::buffer(own_line(e)), now());
}

void TextClient::entered(const chat::ChatEvent& e) {
  const bool first = room_.empty() && e.room == context_.options.lobby;
  room_ = e.room;
  if (line_mode_) replays_.push_back({sender_.gap(), e.room, e.seq, first});
}

void TextClient::push(chat::Buffer data, TimePoint time) {
  if (sender_.push(std::move(data), time) || over_) return;
  if (sender_.broken()) ++context_.counters.fell_behind;
  leave("too slow", {});
}

void TextClient::reply(std::string_view text) { push(chat::buffer(system_line(text)), now()); }

// Ends the connection soon: the fiber that reads finds the end of input.
void TextClient::leave(std::string_view quit_text, std::string_view last_bytes) {
  over_ = true;
  quit_text_ = quit_text;
  last_bytes_ = last_bytes;
  net::shutdown_quietly(socket_, SHUT_RD);
}

void TextClient::stop(std::string_view reason) noexcept {
  if (over_) return;
  try {
    if (line_mode_) reply("The server stops" + (reason.empty() ? std::string() : ": " + std::string(reason)));
    leave("the server stops", line_mode_ ? "" : "byebye");
  } catch (const std::exception&) {
    over_ = true;
  }
}

}  // namespace loquat::doors
