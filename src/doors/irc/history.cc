// CHATHISTORY, and the lines of a room for those who do not ask.
#include <algorithm>
#include <charconv>
#include <optional>

#include "chat/archive.h"
#include "codec/text/chars.h"
#include "doors/common/history_failure.h"
#include "doors/irc/commands.h"
#include "loquat/fiber.h"

namespace loquat::doors {
namespace {

using chat::Archive;
using chat::Seq;
using Events = std::vector<chat::ChatEvent>;

constexpr std::size_t min_batch = 50;  // read at once, at least: topics and the like are left out of what was read

bool is_said(const chat::ChatEvent& event) { return event.kind <= chat::EventKind::action; }

// The first `n` lines after `seq`, up to `up_to`.
Events forward(Archive& archive, const std::string& room, Seq seq, std::size_t n, Seq up_to = Archive::newest) {
  Events found;
  while (found.size() < n) {
    Events part = archive.after(room, seq, std::max(n - found.size(), min_batch));
    if (part.empty()) break;
    seq = part.back().seq;
    for (chat::ChatEvent& event : part) {
      if (event.seq > up_to || found.size() == n) return found;
      if (is_said(event)) found.push_back(std::move(event));
    }
  }
  return found;
}

// The last `n` lines up to `up_to`, but after `seq`.
Events backward(Archive& archive, const std::string& room, Seq up_to, std::size_t n, Seq seq = 0) {
  Events found;
  bool more = up_to > seq;
  while (more && found.size() < n) {
    Events part = archive.latest(room, std::max(n - found.size(), min_batch), up_to);
    if (part.empty()) break;
    up_to = part.front().seq - 1;
    more = up_to > seq;
    for (auto event = part.rbegin(); event != part.rend() && found.size() < n; ++event) {
      if (event->seq > seq && is_said(*event)) found.push_back(std::move(*event));
    }
  }
  std::reverse(found.begin(), found.end());
  return found;
}

// "msgid=17", "timestamp=2026-03-14T15:09:26.535Z", or for LATEST "*".
struct Reference {
  enum class Kind { none, star, msgid, time } kind = Kind::none;
  Seq seq = 0;
  chat::WallTime time{};
};

Reference parse_reference(std::string_view text) {
  Reference reference;
  if (text == "*") {
    reference.kind = Reference::Kind::star;
  } else if (text.starts_with("msgid=")) {
    text.remove_prefix(6);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), reference.seq);
    const bool whole = error == std::errc() && end == text.data() + text.size() && reference.seq > 0;
    if (whole) reference.kind = Reference::Kind::msgid;
  } else if (text.starts_with("timestamp=") && parse_irc_time(text.substr(10), reference.time)) {
    reference.kind = Reference::Kind::time;
  }
  return reference;
}

// What CHATHISTORY asks for.
struct Request {
  std::string verb;  // in capitals
  std::string room;
  Reference from, to;
  std::size_t limit = 0;
};

// --- By msgid: in the order of the numbers ---------------------------------------------------------------------------

Events read_by_number(Archive& archive, const Request& request) {
  const std::string& room = request.room;
  const std::size_t n = request.limit;
  const Seq from = request.from.seq, to = request.to.seq;
  if (request.verb == "LATEST") return backward(archive, room, Archive::newest, n, from);
  if (request.verb == "BEFORE") return backward(archive, room, from - 1, n);
  if (request.verb == "AFTER") return forward(archive, room, from, n);
  if (request.verb == "BETWEEN")
    return from <= to ? forward(archive, room, from, n, to - 1) : backward(archive, room, from - 1, n, to);
  Events events = backward(archive, room, from - 1, n / 2);
  Events rest = forward(archive, room, from - 1, n - n / 2);
  std::move(rest.begin(), rest.end(), std::back_inserter(events));
  return events;
}

// --- By timestamp: in the order of time, whatever the clock did ------------------------------------------------------

Events read_by_time(Archive& archive, const Request& request) {
  using chat::WallTime;
  constexpr auto moment = std::chrono::milliseconds(1);
  const std::string& room = request.room;
  const std::size_t n = request.limit;
  const WallTime from = request.from.time, to = request.to.time;
  if (request.verb == "LATEST") return archive.said_between(room, from + moment, WallTime::max(), n, true);
  if (request.verb == "BEFORE") return archive.said_between(room, WallTime::min(), from, n, true);
  if (request.verb == "AFTER") return archive.said_between(room, from + moment, WallTime::max(), n, false);
  if (request.verb == "BETWEEN")
    return from <= to ? archive.said_between(room, from + moment, to, n, false)
                      : archive.said_between(room, to + moment, from, n, true);
  Events events = archive.said_between(room, WallTime::min(), from, n / 2, true);
  Events rest = archive.said_between(room, from, WallTime::max(), n - n / 2, false);
  std::move(rest.begin(), rest.end(), std::back_inserter(events));
  return events;
}

// Gives a msgid the time at which its line was said. False: the history does not have it.
bool set_time(Archive& archive, Reference& reference) {
  if (reference.kind != Reference::Kind::msgid) return true;
  const auto event = archive.find(reference.seq);
  if (event) reference.time = event->time;
  return event.has_value();
}

// Reads it; nothing if a position is unknown, such as a number that no event has been given: it is another history's.
std::optional<Events> read(Archive& archive, Request request) {
  const auto is_time = [](const Reference& one) { return one.kind == Reference::Kind::time; };
  if (is_time(request.from) || is_time(request.to)) {
    if (!set_time(archive, request.from) || !set_time(archive, request.to)) return std::nullopt;
    return read_by_time(archive, request);
  }
  if (std::max(request.from.seq, request.to.seq) > archive.last_seq()) return std::nullopt;
  return read_by_number(archive, request);
}

// Takes the command apart. False if it is none; then it has been answered.
bool parse(IrcCall& call, Request& request) {
  const auto fail = [&](std::string_view code, IrcReply::Words words, std::string_view text) {
    call.reply.fail("CHATHISTORY", code, words, text);
    return false;
  };
  const std::string_view given = call.param(0);
  for (const char c : given) request.verb += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  const std::string& verb = request.verb;
  const bool is_between = verb == "BETWEEN";
  if (given.empty()) return fail("NEED_MORE_PARAMS", {}, "Missing parameters");
  if (!is_between && verb != "LATEST" && verb != "BEFORE" && verb != "AFTER" && verb != "AROUND") {
    return fail("UNKNOWN_COMMAND", {given}, "Unknown subcommand");
  }
  const std::size_t params = is_between ? 5 : 4;
  if (call.message.size() < params) return fail("NEED_MORE_PARAMS", {verb}, "Missing parameters");
  const chat::Room* room = call.client.hub().room(call.param(1));
  if (room == nullptr || !call.client.hub().is_member(call.client.id(), room->name)) {
    return fail("INVALID_TARGET", {verb, call.param(1)}, "Messages could not be retrieved: you are not in such a room");
  }
  request.room = room->name;
  request.from = parse_reference(call.param(2));
  if (is_between) request.to = parse_reference(call.param(3));
  const auto bad = [&](const Reference& reference) {
    return reference.kind == Reference::Kind::none || (reference.kind == Reference::Kind::star && verb != "LATEST");
  };
  if (bad(request.from) || (is_between && bad(request.to))) {
    const std::string_view wrong = call.param(bad(request.from) ? 2 : 3);
    return fail("INVALID_PARAMS", {verb, wrong}, "That is neither a msgid nor a timestamp");
  }
  if (!parse_history_limit(call.param(params - 1), call.client.context().options.max_history_reads, request.limit)) {
    return fail("INVALID_PARAMS", {verb, call.param(params - 1)}, "That is no number of messages");
  }
  return true;
}

}  // namespace

bool parse_history_limit(std::string_view text, std::size_t max_limit, std::size_t& limit) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit == 0) return false;
  limit = std::min(limit, max_limit);
  return true;
}

Events irc_latest(Archive& archive, const std::string& room, std::size_t n, Seq up_to, Seq seq) {
  return backward(archive, room, up_to, n, seq);
}

void add_history(const Events& events, const std::string& room, IrcSession& client, IrcReply& reply) {
  for (const chat::ChatEvent& event : events) {
    for (std::string& line : irc_lines(event, client.caps())) reply.line(std::move(line));
  }
  if (client.has(irc_cap::batch)) reply.batch(client.batch_name(), "chathistory", room);
}

void irc_chathistory(IrcCall& call) {
  if (codec::equal_ignoring_case(call.param(0), "TARGETS")) return irc_chathistory_targets(call);
  Request request;
  if (!parse(call, request)) return;
  Archive& archive = call.client.context().log.archive();
  try {
    const auto events = offload([&] { return read(archive, request); });
    if (events) return add_history(*events, request.room, call.client, call.reply);
    call.reply.fail("CHATHISTORY", "MESSAGE_ERROR", {request.verb, request.room}, "There is no message of that msgid");
  } catch (const chat::ArchiveError& error) {
    call.reply.fail("CHATHISTORY", "MESSAGE_ERROR", {request.verb, request.room},
                    "Messages could not be retrieved: " + history_failure(call.client.context(), error));
  }
}

}  // namespace loquat::doors
