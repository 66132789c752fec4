// pipe.h - standard input to a socket and a socket to standard output, byte for byte, both at once.
//
//   End       The end of the input is the end of our stream; the peer may go on. All is done when both have ended, or
//             when the peer has and a person sits at standard input: nothing more is expected of him.
//   Terminal  A terminal gets no byte unescaped: invalid bytes and control characters are replaced or left out. At a
//             terminal, the line `byebye` is the end of the input, and sent.
//   UDP       A datagram holds at most 1200 bytes of the input. An empty one is the end of the stream, as socat's
//             shut-null and null-eof have it. Not every program sends it, so who called waits for it for no longer
//             than three seconds without a datagram. UDP loses what the receiver has no room for.
//   Errors    OSError of the connection, ConsoleError of standard input and output; what had come before is written.
//   Waiting   In a fiber. Cancelled, it closes the socket.
#pragma once

#include "loquat/socket.h"

namespace loquat::tool {

// `called`: we called, else we were called. The socket is connected, and closed at the end.
void talk_pipe(Socket& socket, bool called);

}  // namespace loquat::tool
