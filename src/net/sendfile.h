// sendfile.h - sends the bytes of a file, for Socket::sendfile(), the C ABI and HTTP.
//
// Layer: net.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/call.h"

namespace loquat::net {

// Reads from a regular file at `offset`: here if the data is in the page cache, else on the pool. Returns the number of
// bytes, 0 at the end of the file. Throws OSError.
std::size_t read_at(int fd, std::span<char> to, std::size_t offset);

// Within `call`, sends the file's bytes from offset + done on until `count` are sent or the file ends, and adds them to
// `done`. Returns 0, or -errno if sending failed. Throws OSError if the file cannot be read. Its position does not
// change.
std::int64_t send_file(Descriptor::Call& call, int fd, std::size_t offset, std::size_t count, std::size_t& done);

}  // namespace loquat::net
