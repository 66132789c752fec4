#include "chat/departures.h"

namespace loquat::chat {
namespace {

std::string key_of(const std::string& nick, const std::string& room) { return nick + ' ' + room; }

}  // namespace

void Departures::left(const std::string& nick_key, const std::string& room_key, Seq seq) {
  std::string key = key_of(nick_key, room_key);
  left_[key] = seq;
  departures_.emplace_back(std::move(key), seq);
  if (departures_.size() <= max_rooms) return;
  const auto& [oldest, when] = departures_.front();
  if (const auto found = left_.find(oldest); found->second == when) {
    left_.erase(found);
    forgotten_ = when;
  }
  departures_.pop_front();
}

Seq Departures::last_seen(const std::string& nick_key, const std::string& room_key) const {
  const auto found = left_.find(key_of(nick_key, room_key));
  return found == left_.end() ? forgotten_ : found->second;
}

void Departures::gone(Gone who) {
  gone_.push_back(std::move(who));
  if (gone_.size() > max_gone) gone_.pop_front();
}

}  // namespace loquat::chat
