// PRIVMSG, NOTICE and TAGMSG: what is said.
#include <algorithm>

#include "codec/irc/numerics.h"
#include "codec/text/chars.h"
#include "codec/text/names.h"
#include "codec/text/utf8.h"
#include "doors/irc/commands.h"
#include "doors/operator/secrets.h"

namespace loquat::doors {
namespace {

using chat::CommandKind;

constexpr char ctcp = '\1';

// "\1ACTION waves\1" is something that is done, not said. Any other CTCP is a machine's question: not for people.
bool take_ctcp(std::string_view& text, CommandKind& kind) {
  if (text.empty() || text.front() != ctcp) return true;
  text.remove_prefix(1);
  if (text.ends_with(ctcp)) text.remove_suffix(1);
  const std::string_view word = text.substr(0, text.find(' '));
  if (kind != CommandKind::message || !codec::equal_ignoring_case(word, "ACTION")) return false;
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  kind = CommandKind::action;
  return true;
}

// The client's own mark for its line, if it is one that can be kept.
std::string mark_of(const IrcCall& call) {
  if (!call.client.has(irc_cap::message_tags) || call.message.tags.empty()) return {};
  std::string mark = call.message.tag(irc_client_tag).value_or("");
  if (mark.size() > call.client.context().log.limits().tag) return {};
  return codec::sanitize_line(mark) == mark ? mark : std::string();
}

// How much text fits into one line to each of the targets: as much as the client reckons with when it cuts by itself.
std::size_t text_room(IrcCall& call, const std::vector<std::string>& targets, bool action) {
  std::size_t room = call.client.context().log.limits().message;
  const chat::Person* self = call.client.hub().person(call.client.id());
  if (self == nullptr) return room;
  for (const std::string& target : targets)
    room = std::min(room, irc_text_room(self->nick, self->origin, target, action));
  return room;
}

// A text that is too long for a line becomes several. The last of them has the mark: when it is there, all of them are.
void say(IrcCall& call, CommandKind kind) {
  const std::vector<std::string> targets = parts_of(call.param(0));
  if (targets.empty()) return call.reply.numeric(codec::ERR_NORECIPIENT, {}, "No recipient given");
  if (targets.size() > max_targets)
    return call.reply.numeric(codec::ERR_TOOMANYTARGETS, {call.param(0)}, "Too many recipients");
  std::string_view said = call.param(1);
  if (said.empty()) return call.reply.numeric(codec::ERR_NOTEXTTOSEND, {}, "No text to send");
  if (!take_ctcp(said, kind)) return;
  const std::string text = codec::sanitize_line(said);
  const auto pieces = codec::split_text(text, text_room(call, targets, kind == CommandKind::action));
  if (pieces.empty()) return call.reply.numeric(codec::ERR_NOTEXTTOSEND, {}, "No text to send");
  const auto room = std::find_if(targets.begin(), targets.end(), codec::is_room);
  if (room != targets.end() && tells_secret(call.client.context(), text)) {
    return call.reply.numeric(codec::ERR_CANNOTSENDTOCHAN, {*room},
                              "Cannot send to channel: " + std::string(secret_reason));
  }
  const std::string mark = mark_of(call);
  if (kind != CommandKind::notice) {
    for (const std::string& target : targets) {
      if (const chat::Person* to = call.client.hub().person(target)) add_away(*to, call.reply);
    }
  }
  const bool many = targets.size() * pieces.size() > 1 || !call.reply.empty();
  for (const std::string& target : targets) {
    for (const std::string_view& piece : pieces) {
      const std::string tag = &piece == &pieces.back() ? mark : std::string();
      call.client.submit(call, chat::Command::say(kind, target, std::string(piece), tag), many);
    }
  }
}

}  // namespace

void irc_privmsg(IrcCall& call) { say(call, CommandKind::message); }

void irc_notice(IrcCall& call) {
  say(call, CommandKind::notice);
  call.reply.lines().clear();  // a notice is never answered
}

// All client-only tags but our own are denied (ISUPPORT CLIENTTAGDENY), so there is nothing to pass on.
void irc_tagmsg(IrcCall&) {}

}  // namespace loquat::doors
