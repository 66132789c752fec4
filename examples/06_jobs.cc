// 06_jobs.cc - chapter 6: a PriorityQueue for what is urgent, an AsyncResult for what is not there yet, a Barrier for
// those who go in step.
//
//   build/release/bin/example_06_jobs
#include <cstddef>
#include <iostream>
#include <string>

#include "loquat/async_result.h"
#include "loquat/group.h"
#include "loquat/queue.h"
#include "loquat/run.h"
#include "loquat/sync.h"

namespace {

struct Job {
  int urgency;  // 0 comes first
  std::string name;
  bool operator<(const Job& other) const { return urgency < other.urgency; }
};

}  // namespace

int main() {
  loquat::run([] {
    // The most urgent first; equal ones in the order in which they were put.
    loquat::PriorityQueue<Job> jobs;
    for (const Job& job : {Job{2, "sweep"}, Job{0, "put out the fire"}, Job{1, "cook"}, Job{1, "serve"}}) jobs.put(job);
    jobs.close();
    for (const auto& job : jobs) std::cout << job.urgency << " " << job.name << "\n";

    // One fiber finds the answer, any number wait for it.
    loquat::AsyncResult<int> answer;
    loquat::Group group;
    for (const char* const name : {"Ann", "Bob"}) {
      group.spawn([&answer, name] {
        const int number = answer.get();
        std::cout << name << " hears " << number << "\n";
      });
    }
    group.spawn([&] { answer.set(42); });
    group.join();

    // Nobody starts the second lap before all have ended the first.
    loquat::Barrier lap(3);
    std::size_t laps = 0;
    for (int i = 0; i < 3; ++i) {
      group.spawn([&] {
        ++laps;
        if (lap.wait() == 2) std::cout << laps << " runners have ended the first lap\n";
      });
    }
    group.join();
  });
}
