// listen_address.h - what --listen ADDR means, for every subcommand that has it.
//
//   Errors    cannot_listen() makes a sentence for the user of what listen_address() and the sockets throw.
#pragma once

#include <stdexcept>
#include <string>

#include "loquat/address.h"
#include "loquat/error.h"

namespace loquat::tool {

// HOST:PORT, :PORT (every IPv4 address of this machine), [v6]:PORT or unix:PATH. A host name is looked up. A socket
// file that nobody listens on is left from a killed program, and removed.
Address listen_address(const std::string& where);

// What to tell the user, with what to do about it.
std::runtime_error cannot_listen(const std::string& where, const OSError& error);

}  // namespace loquat::tool
