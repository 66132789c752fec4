// trusted_proxies.h - whose word counts when they say for whom they speak: --trusted-proxy.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string_view>
#include <vector>

#include "codec/network/address_prefix.h"
#include "loquat/address.h"

namespace loquat::doors {

class TrustedProxies {
 public:
  // ADDR, ADDR/PREFIX, or "unix" for all peers on Unix sockets. Throws std::invalid_argument, whose message is fit to
  // be shown to the user.
  void add(std::string_view text);
  // Whether the peer is one of them.
  bool has(const Address& peer) const;

 private:
  std::vector<codec::AddressPrefix> prefixes_;
  bool unix_ = false;
};

}  // namespace loquat::doors
