// 06_bank.cc - chapter 6: an account that several fibers use. A Mutex may be held during a wait, an RLock by functions
// that call each other, and a Condition waits until somebody has changed what the lock guards.
//
//   build/release/bin/example_06_bank
#include <chrono>
#include <iostream>
#include <mutex>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/sync.h"

namespace {

class Account {
 public:
  void pay_in(int amount) {
    const std::lock_guard guard(lock_);
    balance_ += amount;
    changed_.notify_all();
  }
  // Waits until there is enough, for at most a second.
  bool take_out(int amount) {
    const std::lock_guard guard(lock_);
    if (!changed_.wait_for(std::chrono::seconds(1), [&] { return balance_ >= amount; })) return false;
    balance_ -= amount;
    return true;
  }
  bool exchange(int out, int in) {
    const std::lock_guard guard(lock_);  // which both of these lock again
    return take_out(out) && (pay_in(in), true);
  }

 private:
  loquat::RLock lock_;
  loquat::Condition changed_{lock_};  // frees the lock while it waits
  int balance_ = 0;
};

}  // namespace

int main() {
  loquat::run([] {
    Account account;
    loquat::Mutex screen;
    const auto say = [&screen](const char* who, bool done) {
      const std::lock_guard guard(screen);
      std::cout << who;
      loquat::sleep(std::chrono::milliseconds(1));  // others run, and the line stays whole
      std::cout << (done ? " has the money\n" : " has waited in vain\n");
    };
    loquat::Group group;
    group.spawn([&] { say("Ann", account.take_out(50)); });
    group.spawn([&] { say("Bob", account.exchange(30, 20)); });
    group.spawn([&] { account.pay_in(90); });
    group.join();
    say("Carl", account.take_out(1000));
  });
}
