// encode.h - events as IRC lines, and lines as bytes: over TCP with CR LF, over WebSocket each in a frame.
//
// True of every call in this file:
//   Pure      The result depends on the arguments only.
//   Lines     have no CR LF and at most 510 bytes beside their tags; longer text is split or cut between characters.
//   Safe      No text of an event can end the line or put a control character into it.
//
// Layer: doors (docs/layers.txt).  Source: RFC 2812, IRCv3 message-tags, server-time, message-ids, WebSocket.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/event.h"
#include "chat/outbox.h"
#include "doors/irc/caps.h"

namespace loquat::doors {

// The client-only tag with which the page marks its lines; it is returned in echo and history.
inline constexpr std::string_view irc_client_tag = "+loquat/id";

// How a line becomes bytes.
enum class IrcFraming : unsigned { tcp = 0, web_text = 1, web_binary = 2 };
std::string framed(IrcFraming framing, const std::vector<std::string>& lines);
// The last line for a client that fell too far behind.
const chat::Buffer& irc_farewell(IrcFraming framing);

// The lines that show `event` to a client with `caps`: one, none for what IRC does not show, several for a text that is
// too long for one.
std::vector<std::string> irc_lines(const chat::ChatEvent& event, unsigned caps);

// How many bytes of text such a line has room for: what `nick` of `origin` says to `target` with this command, at most
// 7 letters, and as an action or not.
std::size_t irc_text_room(std::string_view nick, std::string_view origin, std::string_view target, bool action);

// A chat::Encoder of these lines. Clients with the same framing and relevant capabilities share a variant.
unsigned irc_variant(IrcFraming framing, unsigned caps) noexcept;
std::string encode_irc(const chat::ChatEvent& event, unsigned variant);

// `line` with one more tag.
std::string with_tag(std::string_view key, std::string_view value, std::string_view line);

// "2026-03-14T15:09:26.535Z", and back; false if it is not such a time.
std::string irc_time(chat::WallTime time);
bool parse_irc_time(std::string_view text, chat::WallTime& time);

// A valid "user@host" made from any origin.
std::string irc_origin(std::string_view origin);

// `text` cut to at most `max_size` bytes, between characters.
std::string_view clip(std::string_view text, std::size_t max_size);

}  // namespace loquat::doors
