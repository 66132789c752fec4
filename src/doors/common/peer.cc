#include "doors/common/peer.h"

#include <string_view>

namespace loquat::doors {

std::string peer_name(const Socket& socket) {
  constexpr std::string_view mapped = "::ffff:";
  const Address peer = socket.getpeername();
  if (peer.family() == AF_UNIX) return "unix";
  const std::string host = peer.host();
  const bool is_mapped = host.starts_with(mapped) && host.find('.') != std::string::npos;
  return is_mapped ? host.substr(mapped.size()) : host;
}

}  // namespace loquat::doors
