// The results of Pool::imap() one by one, in order and as they come (loquat/group.h).
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "loquat/group.h"
#include "loquat/timeout.h"
#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

TEST(Imap, GivesResultsInOrderWhileOthersRun) {
  run_test([] {
    const TimePoint start = now();
    Pool pool(3);
    const std::vector<int> hours{3, 1, 2, 1};
    std::vector<std::pair<int, Duration>> got;
    for (const int result : pool.imap(hours, [](int time) {
           sleep(std::chrono::hours(time));
           return 10 * time;
         })) {
      got.emplace_back(result, now() - start);
    }
    EXPECT_EQ(got, (std::vector<std::pair<int, Duration>>{{30, 3h}, {10, 3h}, {20, 3h}, {10, 3h}}));
  });
}

TEST(Imap, UnorderedGivesThemAsTheyEnd) {
  run_test([] {
    Pool pool(3);
    std::vector<int> got;
    for (const int result : pool.imap_unordered(std::vector{3, 1, 2, 1}, [](int time) {
           sleep(std::chrono::hours(time));
           return time;
         })) {
      got.push_back(result);
    }
    EXPECT_EQ(got, (std::vector<int>{1, 2, 1, 3}));
  });
}

TEST(Imap, AFailureComesInItsPlaceAndTheOthersGoOn) {
  run_test([] {
    Pool pool(2);
    const std::vector<int> numbers{1, 2, 3};
    auto results = pool.imap(numbers, [](int number) {
      sleep(std::chrono::hours(4 - number));
      if (number == 2) throw std::runtime_error("two");
      return number;
    });
    EXPECT_EQ(results.next(), 1);
    EXPECT_THROW(results.next(), std::runtime_error);
    EXPECT_EQ(results.next(), 3);
    EXPECT_EQ(results.next(), std::nullopt);
    EXPECT_EQ(results.next(), std::nullopt);
  });
}

TEST(Imap, OneThatIsLeftCancelsTheRest) {
  run_test([] {
    int begun = 0, ended = 0;
    struct Counts {
      int& number;
      ~Counts() { ++number; }
    };
    Pool pool(2);
    {
      std::vector<int> numbers(100);
      for (const int number : pool.imap(numbers, [&](int given) {
             ++begun;
             const Counts counts{ended};
             sleep(1h);
             return given;
           })) {
        EXPECT_EQ(number, 0);
        break;
      }
    }
    EXPECT_EQ(begun, ended);
    EXPECT_LT(begun, 10);
    EXPECT_EQ(pool.map(std::vector{7}, [](int seven) { return seven; }).front(), 7) << "its room is free";
  });
}

TEST(Imap, ASlowTakerHoldsUpTheCalls) {
  run_test([] {
    int begun = 0;
    Pool pool(2);
    std::vector<int> numbers(100);
    auto results = pool.imap(numbers, [&](int) { return ++begun; });
    sleep(1h);
    EXPECT_LE(begun, 6);
    int count = 0;
    while (results.next()) ++count;
    EXPECT_EQ(count, 100);
    auto unordered = pool.imap_unordered(numbers, [&](int) { return ++begun; });
    begun = 0;
    sleep(1h);
    EXPECT_LE(begun, 6);
  });
}

TEST(Imap, MoveOnlyResultsAndNoItems) {
  run_test([] {
    Pool pool(2);
    for (auto& each : pool.imap(std::vector{1, 2}, [](int number) { return std::make_unique<int>(number); }))
      EXPECT_GT(*each, 0);
    for (auto& each : pool.imap(std::vector<int>(), [](int number) { return number; })) ADD_FAILURE() << each;
  });
}

TEST(Imap, IsCancelledWithItsTaker) {
  run_test([] {
    int ended = 0;
    Pool pool(2);
    auto taker = spawn([&] {
      for (const int number : pool.imap(std::vector(9, 1), [&](int given) {
             try {
               sleep(9h);
             } catch (const Cancelled&) {
               ++ended;
               throw;
             }
             return given;
           }))
        ADD_FAILURE() << number;
    });
    sleep(1h);
    taker.cancel();
    taker.join();
    EXPECT_EQ(ended, 2);
  });
}

TEST(PoolMap, ManyResultsOneByOne) {
  run_test([] {
    Pool pool(10);
    std::vector<int> items(1000);
    std::iota(items.begin(), items.end(), 0);
    const auto call = [](int i) {
      sleep((i * 7 % 10) * 1ms);
      return i;
    };
    std::vector<int> got;
    for (const int each : pool.imap(items, call)) got.push_back(each);
    EXPECT_EQ(got, items);
    got.clear();
    for (const int each : pool.imap_unordered(items, call)) got.push_back(each);
    EXPECT_NE(got, items);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, items);
  });
}

TEST(ImapTimeout, AResultThatCameTooLateIsTheNextOne) {
  run_test([] {
    Pool pool(2);
    const std::vector<int> numbers{1, 2, 3};
    auto results = pool.imap(numbers, [](int number) {
      sleep(1h);
      return number;
    });
    std::vector<int> got;
    int late = 0;
    while (got.size() < numbers.size()) {
      const auto result = with_timeout(20min, [&] { return results.next(); });
      if (result) {
        got.push_back(**result);
      } else {
        ++late;
      }
    }
    EXPECT_EQ(got, numbers);
    EXPECT_GT(late, 2);
  });
}

TEST(ImapRoom, ResultsThatWaitHoldNoRoom) {
  run_test([] {
    Pool pool(1);
    int done = 0;
    for (const int number : pool.imap_unordered(std::vector{1, 2, 3, 4}, [](int given) { return given; })) {
      pool.spawn([&] { ++done; }).join();
      EXPECT_EQ(done, number);
    }
  });
}

}  // namespace
}  // namespace loquat
