// secrets.h - what must not be said in a room because it is, or seems to be, a password.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string_view>

#include "doors/common/context.h"

namespace loquat::doors {

// Whether `text`, which somebody wants to say, is a command with a password that went astray (codec/irc/login.h), or
// ends in the operator key, whatever stands before it ("/opper KEY", "KEY"). Only the last word is compared, so that a
// line tries one key, as /oper does. (Elsewhere in a text or a name the log refuses the key: chat::LogOptions::secret.)
bool tells_secret(const Context& context, std::string_view text);

// What its sender is told: "it looks like a password, and everybody in the room would read it".
inline constexpr std::string_view secret_reason = "it looks like a password, and everybody in the room would read it";

}  // namespace loquat::doors
