// CHATHISTORY TARGETS: which of the client's rooms were last talked in between two times. Private messages are not
// kept.
#include <algorithm>

#include "chat/archive.h"
#include "doors/common/history_failure.h"
#include "doors/irc/commands.h"
#include "loquat/fiber.h"

namespace loquat::doors {
namespace {

// A room and its last line.
struct Target {
  chat::Seq seq;
  chat::WallTime time;
  std::string room;
};

struct TargetsRequest {
  chat::WallTime from, to;
  std::size_t limit = 0;
};

bool parse_time(std::string_view text, chat::WallTime& time) {
  return text.starts_with("timestamp=") && parse_irc_time(text.substr(10), time);
}

// False if the parameters are wrong; then that has been answered.
bool parse_targets(IrcCall& call, TargetsRequest& request) {
  const auto fail = [&](std::string_view wrong, std::string_view text) {
    call.reply.fail("CHATHISTORY", "INVALID_PARAMS", {"TARGETS", wrong}, text);
    return false;
  };
  if (call.message.size() < 4) {
    call.reply.fail("CHATHISTORY", "NEED_MORE_PARAMS", {"TARGETS"}, "Missing parameters");
    return false;
  }
  if (!parse_time(call.param(1), request.from)) return fail(call.param(1), "That is no timestamp");
  if (!parse_time(call.param(2), request.to)) return fail(call.param(2), "That is no timestamp");
  if (!parse_history_limit(call.param(3), call.client.context().options.max_history_reads, request.limit))
    return fail(call.param(3), "That is no number of targets");
  return true;
}

// In ascending order. As with BETWEEN, the limit counts from the first of the two times.
std::vector<Target> read_targets(chat::Archive& archive, const std::vector<std::string>& rooms,
                                 const TargetsRequest& request) {
  const auto [first, last] = std::minmax(request.from, request.to);
  std::vector<Target> found;
  for (const std::string& room : rooms) {
    const auto line = irc_latest(archive, room, 1, chat::Archive::newest);
    if (!line.empty() && line[0].time > first && line[0].time < last)
      found.push_back({line[0].seq, line[0].time, room});
  }
  std::sort(found.begin(), found.end(), [](const Target& a, const Target& b) { return a.seq < b.seq; });
  if (found.size() <= request.limit) return found;
  const auto cut = static_cast<std::ptrdiff_t>(request.limit);
  return request.from <= request.to ? std::vector<Target>(found.begin(), found.begin() + cut)
                                    : std::vector<Target>(found.end() - cut, found.end());
}

}  // namespace

void irc_chathistory_targets(IrcCall& call) {
  TargetsRequest request;
  if (!parse_targets(call, request)) return;
  std::vector<std::string> rooms;
  if (const chat::Person* self = call.client.hub().person(call.client.id())) {
    for (const chat::Room* room : self->rooms) rooms.push_back(room->name);
  }
  try {
    const auto targets = offload([&] { return read_targets(call.client.context().log.archive(), rooms, request); });
    for (const Target& one : targets) call.reply.server("CHATHISTORY", {"TARGETS", one.room, irc_time(one.time)});
  } catch (const chat::ArchiveError& error) {
    return call.reply.fail("CHATHISTORY", "MESSAGE_ERROR", {"TARGETS"},
                           "Messages could not be retrieved: " + history_failure(call.client.context(), error));
  }
  if (call.client.has(irc_cap::batch)) call.reply.batch(call.client.batch_name(), "draft/chathistory-targets");
}

}  // namespace loquat::doors
