// 06_requests.cc - chapter 6: each request has a number that every function below it finds, and a limit that holds for
// all of its waits together.
//
//   build/release/bin/example_06_requests
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "loquat/fiber_local.h"
#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/timeout.h"

using namespace std::chrono_literals;

namespace {

// [requests]
const loquat::FiberLocal<int> request;  // each fiber has its own, though all run in one thread

void log(const std::string& text) { std::cout << "request " << *request << ": " << text << "\n"; }

void ask_database(loquat::Duration time) {
  log("asks the database");
  loquat::sleep(time);  // waits for the answer
}

void handle(int number, loquat::Duration time) {
  *request = number;
  try {
    const loquat::Timeout limit(1s, "the request");
    ask_database(time);
    ask_database(time);
    log("is done");
  } catch (const loquat::TimedOut& error) {
    log(error.what());  // which Timeout, and where it is
  }
}
// [/requests]

}  // namespace

int main() {
  loquat::run([] {
    loquat::Group group;
    group.spawn([] { handle(1, 10ms); });
    group.spawn([] { handle(2, 700ms); });  // neither wait is too long, but both together are
    group.join();
  });
}
