// audit.h - what operators did, as lines for the server's log.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <string>

#include "chat/event.h"

namespace loquat::chat {

// One line without control characters, "ann (ann@192.0.2.1) banned bob: flooding", if the event is an operator's: who
// became one, a ban or its end, somebody removed from a room or the server, a message deleted. Else an empty string.
// The address that a ban of a nick's address meets is in it.
std::string audit_line(const ChatEvent& event);

}  // namespace loquat::chat
