#include "doors/common/senders.h"

#include <algorithm>

namespace loquat::doors {

Senders::Senders() : lists_(workers()) {}

Senders::~Senders() {
  const CancelShield shield;
  for (const List& list : lists_) {
    if (list.starter) list.starter.join();
  }
}

void Senders::add(Sender& sender) {
  List& list = lists_[worker()];
  list.waiting.push_back(&sender);
  if (list.starting) return;
  list.starting = true;
  list.starter = spawn([&list] { start_all(list); });
}

void Senders::remove(Sender& sender) noexcept {
  List& list = lists_[worker()];
  std::replace(list.waiting.begin(), list.waiting.end(), &sender, static_cast<Sender*>(nullptr));
}

void Senders::start_all(List& list) {
  struct End {
    List& list;
    ~End() { list.starting = false; }
  } end{list};
  while (list.next < list.waiting.size()) {
    for (std::size_t n = 0; n < group && list.next < list.waiting.size(); ++n) {
      if (Sender* sender = list.waiting[list.next++]) sender->start();
    }
    if (list.next < list.waiting.size()) sleep(Duration::zero());
  }
  list.waiting.clear();
  list.next = 0;
}

}  // namespace loquat::doors
