#include "doors/common/stop_list.h"

#include <algorithm>

#include "loquat/fiber.h"

namespace loquat::doors {

StopList::StopList() : shards_(std::max<std::size_t>(workers(), 1)) {}

StopList::Entry::Entry(StopList& list, Stoppable& stoppable) : list_(list), stoppable_(stoppable), worker_(worker()) {
  Shard& shard = list_.shards_[worker_];
  next_ = shard.first;
  if (next_ != nullptr) next_->previous_ = this;
  shard.first = this;
  if (shard.told) stoppable_.stop(shard.reason);
}

StopList::Entry::~Entry() {
  (previous_ != nullptr ? previous_->next_ : list_.shards_[worker_].first) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

void StopList::stop_all(std::string_view reason) {
  std::vector<Fiber<>> fibers;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    fibers.push_back(spawn_on(i, [&shard = shards_[i], reason] {
      if (shard.told) return;
      shard.told = true;
      shard.reason = reason;
      for (Entry* entry = shard.first; entry != nullptr; entry = entry->next_) entry->stoppable_.stop(reason);
    }));
  }
  const CancelShield shield;
  for (const auto& fiber : fibers) fiber.join();
}

}  // namespace loquat::doors
