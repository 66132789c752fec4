#include "chat/ban_list.h"

#include <algorithm>

#include "codec/text/names.h"

namespace loquat::chat {

std::string ban_target(std::string_view typed) {
  if (const auto prefix = codec::AddressPrefix::parse(typed)) return prefix->str();
  return codec::check_nick(typed) == codec::NameError::none ? std::string(typed) : std::string();
}

BanList::BanList(const std::vector<Ban>& bans) {
  for (const Ban& ban : bans) add(ban);
}

void BanList::add(const Ban& ban) {
  remove(ban.target);
  bans_.emplace(ban.target, ban);
  if (const auto prefix = codec::AddressPrefix::parse(ban.target)) {
    prefixes_.emplace(*prefix, ban.target);
    ++lengths_[prefix->bits()];
  } else {
    ++looks_[codec::name_skeleton(ban.target)];
  }
}

void BanList::remove(const std::string& target) {
  if (bans_.erase(target) == 0) return;
  if (const auto prefix = codec::AddressPrefix::parse(target)) {
    const auto [first, last] = prefixes_.equal_range(*prefix);
    prefixes_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == target; }));
    if (--lengths_[prefix->bits()] == 0) lengths_.erase(prefix->bits());
    return;
  }
  const auto look = looks_.find(codec::name_skeleton(target));
  if (--look->second == 0) looks_.erase(look);
}

const Ban* BanList::covering(const codec::AddressPrefix& address) const {
  for (const auto& [length, count] : lengths_) {
    const auto found = prefixes_.find(address.cut(length));
    if (found != prefixes_.end() && found->first.contains(address)) return &bans_.at(found->second);
  }
  return nullptr;
}

std::vector<std::string> BanList::targets_of(std::string_view what) const {
  const auto prefix = codec::AddressPrefix::parse(what);
  std::vector<std::string> targets;
  for (const auto& [target, ban] : bans_) {
    const bool same = prefix ? codec::AddressPrefix::parse(target) == prefix : codec::same_name(target, what);
    if (same || (!ban.nick.empty() && codec::same_name(ban.nick, what))) targets.push_back(target);
  }
  return targets;
}

}  // namespace loquat::chat
