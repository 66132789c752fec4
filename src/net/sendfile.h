// sendfile.h - sends the bytes of a file, for Socket::sendfile() and the C ABI.
//
// Layer: net.
#pragma once

#include "net/call.h"

namespace loquat::net {

// Within `call`, sends the file's bytes from offset + done on until `count` are sent or the file ends, and adds them to
// `done`. Returns 0, or -errno if sending failed. Throws OSError if the file cannot be read. Its position does not
// change.
std::int64_t send_file(Descriptor::Call& call, int fd, std::size_t offset, std::size_t count, std::size_t& done);

}  // namespace loquat::net
