#include "doors/irc/encode.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "codec/irc/message.h"
#include "codec/text/utf8.h"
#include "codec/websocket/websocket.h"
#include "doors/common/quoted.h"

namespace loquat::doors {
namespace {

using chat::EventKind;

constexpr unsigned framing_bits = 2;
constexpr unsigned shown_caps = irc_cap::server_time | irc_cap::message_tags;
constexpr std::string_view action_begin = "\1ACTION ";

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string clean(std::string_view text) { return has_control(text) ? codec::sanitize_line(text) : std::string(text); }

// Tags and source of the event's line. The msgid belongs to one line only: `first` is false for those that continue it.
codec::IrcWriter head(const chat::ChatEvent& event, unsigned caps, bool first = true) {
  codec::IrcWriter writer;
  if (caps & irc_cap::server_time) writer.tag("time", irc_time(event.time));
  if ((caps & irc_cap::message_tags) && first && event.kind <= EventKind::topic) {
    writer.tag("msgid", std::to_string(event.seq));
    if (!event.tag.empty()) writer.tag(irc_client_tag, event.tag);
  }
  writer.source(event.nick + '!' + irc_origin(event.origin));
  return writer;
}

// Ends the line with as much of `text` as fits.
std::string ended(codec::IrcWriter writer, std::string_view text) {
  const std::size_t room = codec::IrcLimits::line - std::min(codec::IrcLimits::line, writer.size() + 2);
  return writer.trailing(clip(clean(text), room)).text();
}

std::vector<std::string> said_lines(const chat::ChatEvent& event, unsigned caps) {
  const bool action = event.kind == EventKind::action;
  const std::string_view command = event.kind == EventKind::notice ? "NOTICE" : "PRIVMSG";
  const std::string& target = event.room.empty() ? event.target : event.room;
  const std::string text = clean(event.text);
  std::vector<std::string> lines;
  codec::IrcWriter writer = head(event, caps).command(command).param(target);
  for (std::string_view piece : codec::split_text(text, irc_text_room(event.nick, event.origin, target, action))) {
    if (!lines.empty()) writer = head(event, caps, false).command(command).param(target);
    lines.push_back(action ? writer.trailing(std::string(action_begin) + std::string(piece) + '\1').text()
                           : writer.trailing(piece).text());
  }
  return lines;
}

// Out of a room, or out of the chat: clients read the reason of a KILL in the parentheses after the killer's name, and
// do not reconnect by themselves.
std::string kick_line(const chat::ChatEvent& event, unsigned caps) {
  if (event.room.empty()) {
    const std::string why = event.text.empty() ? "no reason" : event.text;
    return ended(head(event, caps).command("KILL").param(event.target), event.nick + " (" + why + ')');
  }
  return ended(head(event, caps).command("KICK").param(event.room).param(event.target),
               event.text.empty() ? event.nick : event.text);
}

}  // namespace

// ":nick!origin PRIVMSG target :text", and "\1ACTION text\1" for an action.
std::size_t irc_text_room(std::string_view nick, std::string_view origin, std::string_view target, bool action) {
  constexpr std::size_t between = std::string_view(":! PRIVMSG  :").size();
  const std::size_t taken =
      between + nick.size() + irc_origin(origin).size() + target.size() + (action ? action_begin.size() + 1 : 0);
  return std::max(codec::IrcLimits::line, taken + 4) - taken;
}

std::vector<std::string> irc_lines(const chat::ChatEvent& event, unsigned caps) {
  switch (event.kind) {
    case EventKind::message:
    case EventKind::notice:
    case EventKind::action:
      return said_lines(event, caps);
    case EventKind::topic:
      return {ended(head(event, caps).command("TOPIC").param(event.room), event.text)};
    case EventKind::join:
      return {head(event, caps).command("JOIN").param(event.room).text()};
    case EventKind::part: {
      codec::IrcWriter writer = head(event, caps).command("PART").param(event.room);
      return {event.text.empty() ? writer.text() : ended(writer, quoted(event.text))};
    }
    case EventKind::kick:
      return {kick_line(event, caps)};
    case EventKind::nick:
      return {head(event, caps).command("NICK").param(event.target).text()};
    case EventKind::quit:
      return {ended(head(event, caps).command("QUIT"), event.text)};
    case EventKind::away:
      return {event.text.empty() ? head(event, caps).command("AWAY").text()
                                 : ended(head(event, caps).command("AWAY"), event.text)};
    default:
      return {};
  }
}

unsigned irc_variant(IrcFraming framing, unsigned caps) noexcept {
  return (caps & shown_caps) << framing_bits | static_cast<unsigned>(framing);
}

std::string encode_irc(const chat::ChatEvent& event, unsigned variant) {
  const auto framing = static_cast<IrcFraming>(variant & ((1u << framing_bits) - 1));
  return framed(framing, irc_lines(event, variant >> framing_bits));
}

std::string framed(IrcFraming framing, const std::vector<std::string>& lines) {
  const auto opcode = framing == IrcFraming::web_text ? codec::WebSocketOpcode::text : codec::WebSocketOpcode::binary;
  std::string out;
  for (const std::string& line : lines) {
    if (framing == IrcFraming::tcp)
      (out += line) += "\r\n";
    else
      out += codec::websocket_frame(opcode, line);
  }
  return out;
}

const chat::Buffer& irc_farewell(IrcFraming framing) {
  const auto make = [](IrcFraming one) {
    return chat::buffer(framed(one, {"ERROR :Closing link: you fell too far behind in reading"}));
  };
  static const chat::Buffer buffers[] = {make(IrcFraming::tcp), make(IrcFraming::web_text),
                                         make(IrcFraming::web_binary)};
  return buffers[static_cast<unsigned>(framing)];
}

std::string with_tag(std::string_view key, std::string_view value, std::string_view line) {
  std::string out = "@";
  out += key;
  if (!value.empty()) (out += '=') += codec::escape_tag(value);
  const bool more = line.starts_with('@');
  out += more ? ';' : ' ';
  out += more ? line.substr(1) : line;
  return out;
}

std::string irc_time(chat::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

bool parse_irc_time(std::string_view text, chat::WallTime& time) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd.dddZ";
  std::string whole(text);
  if (text.size() == 20 && text.back() == 'Z') whole.replace(19, 1, ".000Z");
  if (whole.size() != shape.size()) return false;
  int numbers[7] = {}, at = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != 'd') {
      if (whole[i] != shape[i]) return false;
      ++at;
    } else {
      if (whole[i] < '0' || whole[i] > '9') return false;
      numbers[at] = numbers[at] * 10 + (whole[i] - '0');
    }
  }
  const std::chrono::year_month_day date{std::chrono::year{numbers[0]},
                                         std::chrono::month{static_cast<unsigned>(numbers[1])},
                                         std::chrono::day{static_cast<unsigned>(numbers[2])}};
  if (!date.ok() || numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 60) return false;
  time = std::chrono::sys_days(date) + std::chrono::hours(numbers[3]) + std::chrono::minutes(numbers[4]) +
         std::chrono::seconds(numbers[5]) + std::chrono::milliseconds(numbers[6]);
  return true;
}

std::string irc_origin(std::string_view origin) {
  std::string out(origin.empty() ? std::string_view("guest@loquat") : origin);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '!' || c == 0x7f) c = '_';
  }
  return out.find('@') == std::string::npos ? "guest@" + out : out;
}

std::string_view clip(std::string_view text, std::size_t max_size) {
  return text.size() <= max_size ? text : text.substr(0, codec::utf8_cut(text, max_size));
}

}  // namespace loquat::doors
