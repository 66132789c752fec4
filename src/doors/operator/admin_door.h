// admin_door.h - `loquat admin` at the server's end: commands come in, answers go out, a line each. Whoever can connect
// is an operator, so the socket must be the server's user's own.
//
//   the client sends     ban bob --address
//   the server answers   * the address of bob is banned, ...
//                        ok
//
//   Answers   Lines that begin with "* ", then "ok" or "failed".
//   Limits    A line has at most 8192 bytes.
//   Waiting   A call serves one connection and returns when it has ended. It throws nothing but Cancelled.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string_view>

#include "chat/log.h"
#include "loquat/socket.h"

namespace loquat::doors {

// What an answer's lines begin with, and its last line.
inline constexpr std::string_view admin_line = "* ", admin_ok = "ok", admin_failed = "failed";

void admin_door(chat::Log& log, Socket& socket);

}  // namespace loquat::doors
