#include "doors/common/clients.h"

#include <algorithm>

#include "loquat/fiber.h"

namespace loquat::doors {

Clients::Clients() : lists_(std::max<std::size_t>(workers(), 1)) {}

Clients::Entry::Entry(Clients& clients, Client& client) : clients_(clients), client_(client), worker_(worker()) {
  List& list = clients_.lists_[worker_];
  next_ = list.first;
  if (next_ != nullptr) next_->previous_ = this;
  list.first = this;
  if (list.told) client_.stop(list.reason);
}

Clients::Entry::~Entry() {
  (previous_ != nullptr ? previous_->next_ : clients_.lists_[worker_].first) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

void Clients::tell_all(std::string_view reason) {
  std::vector<Fiber<>> fibers;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    fibers.push_back(spawn_on(i, [&list = lists_[i], reason] {
      if (list.told) return;
      list.told = true;
      list.reason = reason;
      for (Entry* entry = list.first; entry != nullptr; entry = entry->next_) entry->client_.stop(reason);
    }));
  }
  const CancelShield shield;
  for (const auto& fiber : fibers) fiber.join();
}

}  // namespace loquat::doors
