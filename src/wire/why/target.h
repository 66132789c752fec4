// target.h - the sockets that the user asks for.
//
//   8080, :8080        the sockets with that local port; if there are none, those connected to that port
//   pid:4242, 4242     the sockets of that process; a bare number is a port if any socket has it
//   10.0.0.1:80        the sockets with that local address and port; if there are none, those connected to them
//   localhost:80       as above, for each address of the name
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/address.h"
#include "wire/why/socket_survey.h"

namespace loquat::wire {

struct Target {
  std::string text;                   // as the user wrote it; empty: all sockets
  std::optional<std::uint16_t> port;  // a port, addresses or neither
  std::optional<int> pid;
  std::vector<Address> addresses;

  bool everything() const noexcept { return text.empty(); }
  bool is_local(const kernel::SocketFacts& socket) const;   // by the local end
  bool is_remote(const kernel::SocketFacts& socket) const;  // by the remote end
};

// Looks up names (getaddrinfo). Throws std::invalid_argument with a sentence for the user, and gaierror.
Target parse_target(std::string_view text);

// Which of survey.sockets() `target` asks for, in their order.
std::vector<std::size_t> choose(const Target& target, const SocketSurvey& survey);

}  // namespace loquat::wire
