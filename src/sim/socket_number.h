// socket_number.h - how testing.h finds the simulated socket behind a loquat::Socket: by an option that only the
// simulation has.
//
// Layer: sim.
#pragma once

namespace loquat::sim {

// getsockopt(socket_number_level, any option) is the socket's number.
inline constexpr int socket_number_level = 0x4C51;

}  // namespace loquat::sim
