#include "doors/peers/places.h"

#include "doors/peers/peer.h"

namespace loquat::doors {

Place::~Place() {
  if (places_ != nullptr) places_->leave(key_);
}

bool Places::take(Place& place, const Address& address, std::size_t max) {
  place = Place();
  Place taken;
  taken.key_ = place_of(address_name(address));  // empty: not counted
  if (taken.key_.empty()) return true;
  const std::lock_guard lock(mutex_);
  std::size_t& count = counts_[taken.key_];
  if (count >= max) {
    if (count == 0) counts_.erase(taken.key_);
    return false;
  }
  ++count;
  taken.places_ = this;
  place = std::move(taken);
  return true;
}

void Places::leave(const std::string& key) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(key);
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace loquat::doors
