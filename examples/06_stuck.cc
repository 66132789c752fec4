// 06_stuck.cc - chapter 6: a fiber that blocks its thread holds up all others; a Detector names it. fibers_text() says
// what the others wait for.
//
//   build/release/bin/example_06_stuck
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "loquat/detector.h"
#include "loquat/fiber.h"
#include "loquat/inspect.h"
#include "loquat/queue.h"
#include "loquat/run.h"

using namespace std::chrono_literals;

int main() {
  loquat::run([] {
    // [stuck]
    const loquat::Detector detector({.limit = 100ms, .report = [](const std::string& line) {
                                       std::cout << line << std::endl;  // in the detector's thread
                                     }});
    loquat::Queue<int> orders;
    auto waiter = loquat::spawn([&] {
      loquat::set_fiber_name("waiter");
      orders.get();  // waits as it should: others run
    });
    auto cook = loquat::spawn([] {
      loquat::set_fiber_name("cook");
      std::this_thread::sleep_for(1s);  // the mistake: loquat::sleep(1s) lets others run
    });
    cook.join();
    std::cout << loquat::fibers_text();
    // [/stuck]
    orders.close();
    waiter.join();
  });
}
