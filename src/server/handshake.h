// handshake.h - the TLS handshake of an accepted connection.
//
// Layer: server.
#pragma once

#include "loquat/socket.h"

namespace loquat::server {

// On a socket with TLS (or another filter, net/filter.h) makes the handshake; returns at once on any other. Returns
// false if `timeout` passes first. If the handshake fails it waits until the client can have read why, and throws the
// failure.
bool shake_hands(Socket& socket, Duration timeout);

}  // namespace loquat::server
