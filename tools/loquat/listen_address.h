// listen_address.h - the address of --listen ADDR, for every subcommand that has that option.
//
//   Errors    cannot_listen() turns what listen_address() and the sockets throw into a message for the user.
#pragma once

#include <stdexcept>
#include <string>

#include "loquat/address.h"
#include "loquat/error.h"

namespace loquat::tool {

// Reads HOST:PORT, :PORT (every IPv4 address of this machine), [v6]:PORT or unix:PATH. Looks up a host name. Removes a
// socket file on which no process listens; a killed program leaves one.
Address listen_address(const std::string& where);

// The message for the user: the failure, and a remedy.
std::runtime_error cannot_listen(const std::string& where, const OSError& error);

}  // namespace loquat::tool
