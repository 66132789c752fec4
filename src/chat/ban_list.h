// ban_list.h - who is kept out: nicks, with those that look like them, and addresses.
//
//   Threads   One.
//   Cost      A look-up takes a few steps for each length that a prefix has, however many bans there are.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chat/archive.h"
#include "codec/network/address_prefix.h"

namespace loquat::chat {

// `typed` in the one form in which bans are stored: an address or a prefix as AddressPrefix::str() writes it, a nick as
// it is. Empty if it is neither. No nick looks like an address.
std::string ban_target(std::string_view typed);

class BanList {
 public:
  BanList() = default;
  explicit BanList(const std::vector<Ban>& bans);

  // A ban of the same target takes the place of the old one.
  void add(const Ban& ban);
  void remove(const std::string& target);

  // `look` is the nick's skeleton (codec::name_skeleton).
  bool has_nick(const std::string& look) const { return looks_.contains(look); }
  bool has_address(const codec::AddressPrefix& address) const { return covering(address) != nullptr; }
  // The ban that an address meets; nullptr if there is none.
  const Ban* covering(const codec::AddressPrefix& address) const;
  // The targets of the bans that `what` names: a nick, also one whose address was banned, an address or a prefix.
  std::vector<std::string> targets_of(std::string_view what) const;

  // By target.
  const std::map<std::string, Ban>& all() const noexcept { return bans_; }

 private:
  std::map<std::string, Ban> bans_;
  std::unordered_map<std::string, std::size_t> looks_;         // of the nicks: how many bans have it
  std::multimap<codec::AddressPrefix, std::string> prefixes_;  // their targets
  std::map<unsigned, std::size_t> lengths_;                    // of the prefixes: how many bans have it
};

}  // namespace loquat::chat
