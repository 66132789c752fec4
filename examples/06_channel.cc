// 06_channel.cc - chapter 6: orders reach three cooks by a Channel; each cook waits with select() for an order or for
// the end of the day.
//
//   build/release/bin/example_06_channel
#include <chrono>
#include <iostream>
#include <optional>
#include <string>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/select.h"

using namespace std::chrono_literals;

namespace {

void cook(int number, loquat::Channel<std::string>& orders, loquat::Event& evening) {
  for (;;) {
    std::optional<std::string> order;
    switch (loquat::select(on_recv(orders, order), on_set(evening))) {
      case 0:
        std::cout << "cook " << number << ": " << *order << "\n";
        loquat::sleep(10ms);  // cooks
        break;
      default:
        std::cout << "cook " << number << " goes home\n";
        return;
    }
  }
}

}  // namespace

int main() {
  loquat::run([] {
    loquat::Channel<std::string> orders;
    loquat::Event evening;
    loquat::Group cooks;
    for (int i = 1; i <= 3; ++i) cooks.spawn([&, i] { cook(i, orders, evening); });
    for (const char* const dish : {"soup", "rice", "tea", "noodles", "dumplings"}) {
      orders.send(dish);  // waits for a cook who has time
    }
    evening.set();
    cooks.join();
  });
}
