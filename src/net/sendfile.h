// sendfile.h - how the bytes of a file get into a socket: for Socket::sendfile() and the C ABI.
//
// Layer: net.
#pragma once

#include "net/call.h"

namespace loquat::net {

// Inside a call: sends the file's bytes from offset + done on, until `count` are sent or the file ends, and counts them
// in `done`. Returns 0 or what stopped it, -errno. Throws OSError if the file cannot be read. Its position stays.
std::int64_t send_file(Descriptor::Call& call, int fd, std::size_t offset, std::size_t count, std::size_t& done);

}  // namespace loquat::net
