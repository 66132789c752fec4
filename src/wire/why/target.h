// target.h - which sockets are meant by what the user wrote.
//
//   8080, :8080        the sockets whose own port that is; if there are none, those that are connected to it
//   pid:4242, 4242     the sockets of that process; a bare number is a port if any socket has it
//   10.0.0.1:80        the sockets whose own address and port those are; if there are none, those connected to them
//   localhost:80       the same for each address that the name has
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/address.h"
#include "wire/why/why.h"

namespace loquat::wire {

struct Target {
  std::string text;                   // as it was written; empty: everything
  std::optional<std::uint16_t> port;  // either port or addresses or neither
  std::optional<int> pid;
  std::vector<Address> addresses;

  bool everything() const noexcept { return text.empty(); }
  bool is_local(const Seen& seen) const;   // by the socket's own end, or its process
  bool is_remote(const Seen& seen) const;  // by the end that it is connected to
};

// Looks names up (getaddrinfo). Throws std::invalid_argument with a sentence for the user, gaierror.
Target parse_target(std::string_view text);

// Those of `all` that are meant; empty if none is.
std::vector<Seen> choose(const Target& target, std::vector<Seen> all);

}  // namespace loquat::wire
