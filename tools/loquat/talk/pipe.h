// pipe.h - copies standard input to a socket and the socket to standard output, byte for byte, both at once.
//
//   End       The end of the input ends our stream; the peer may send more. The call returns when both streams have
//             ended. If standard input is a terminal, the end of the peer's stream is enough.
//   Terminal  Output to a terminal has invalid bytes and control characters replaced or removed. If input comes from a
//             terminal, the line `byebye` is sent and ends the input.
//   UDP       A datagram has at most 1200 bytes of the input. An empty datagram is the end of the stream, as with
//             socat's shut-null and null-eof. Not every program sends one, so a caller waits for it until three seconds
//             pass without a datagram. Datagrams that the receiver has no room for are lost.
//   Errors    OSError for the connection, ConsoleError for standard input and output. What was received before is
//             written first.
//   Waiting   Call it in a fiber. If cancelled, it closes the socket.
#pragma once

#include "loquat/socket.h"

namespace loquat::tool {

// `socket` is connected; the call closes it. `is_caller`: this side has called, not listened.
void talk_pipe(Socket& socket, bool is_caller);

}  // namespace loquat::tool
