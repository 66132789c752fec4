// format.h - events as lines of text for a terminal.
//
//   ada: hello                      a message in the room that the client is in
//   #other ada: hello               in another of its rooms
//   ada (to you): hello             a private one
//   ada (notice): hello
//   ~ ada waves                     an action
//   * bob is here now               the server: no nick begins with '*', '~' or '#', or holds a space or a colon
//
// True of every call in this file:
//   Safe      The result is valid UTF-8 without control characters (except the LF that ends each line), bidi overrides
//             and colours.
//   Pure      The result depends on the arguments only, so that clients can share a buffer.
//
// Layer: doors.  Source: docs/text-door.md.
#pragma once

#include <string>
#include <string_view>

#include "chat/event.h"

namespace loquat::doors {

// What text_line() makes of an event, as bits of the encoder's variant.
enum TextVariant : unsigned {
  name_room = 1,      // begin with the room
  messages_only = 2,  // nothing for joins, parts, nicks, quits and topics
};

// The event as others see it, one line with its LF; empty if it is not shown. A chat::Encoder.
std::string text_line(const chat::ChatEvent& event, unsigned variant);

// The event as its actor sees it; empty for what the actor knows already.
std::string own_line(const chat::ChatEvent& event);

// A line from the server: "* " + text + LF, made safe.
std::string system_line(std::string_view text);

}  // namespace loquat::doors
