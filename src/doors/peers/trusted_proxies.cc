#include "doors/peers/trusted_proxies.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "doors/peers/peer.h"

namespace loquat::doors {

void TrustedProxies::add(std::string_view text) {
  if (text == "unix") {
    unix_ = true;
    return;
  }
  const auto prefix = codec::AddressPrefix::parse(text);
  if (!prefix)
    throw std::invalid_argument("a trusted proxy is an IP address, ADDR/PREFIX or unix, not: " + std::string(text));
  prefixes_.push_back(*prefix);
}

bool TrustedProxies::has(const Address& peer) const {
  if (peer.family() == AF_UNIX) return unix_;
  if (prefixes_.empty()) return false;
  const auto ip = codec::AddressPrefix::parse(address_name(peer));
  return ip && std::any_of(prefixes_.begin(), prefixes_.end(), [&](auto& prefix) { return prefix.contains(*ip); });
}

}  // namespace loquat::doors
