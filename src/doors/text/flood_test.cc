// Clients of the text door that send too much, or read too little.
#include "doors/text/door.h"

#include "chat/session.h"
#include "codec/text/utf8.h"
#include "doors/test_house.h"

namespace loquat::doors {
namespace {

using Lines = std::vector<std::string>;

TEST(TextDoorTest, AFloodIsSlowedAndNothingOfItIsLost) {
  simulated(
      [] {
        House house;
        auto ann = terminal("ann");
        auto bob = terminal("bob");
        std::string paste, expected;
        for (int i = 0; i < 5000; ++i) {
          paste += "line " + std::to_string(i) + "\n";
          expected += "ann: line " + std::to_string(i) + "\n";
        }
        ann->expect("bob now\n");
        auto sender = spawn([&] { ann->send(paste); });
        EXPECT_EQ(bob->expect("ann: line 4999\n"), expected);
        sender.get();
      },
      2, 3);
}

constexpr std::string_view told =
    "* You type faster than this server reads: your lines are taken at 2 a second, and none is lost\n";

TEST(TextDoorTest, AGuestsPasteIsReadMoreSlowly) {
  simulated([] {
    House house{Options{}};
    auto bob = terminal("bob");
    Somebody ann;
    std::string paste = "/nick ann\n", first, rest;
    for (int i = 0; i < 60; ++i) {
      paste += "line " + std::to_string(i) + "\n";
      (i < 18 ? first : rest) += "ann: line " + std::to_string(i) + "\n";  // a new name counts for two lines
    }
    const TimePoint start = now();
    ann.send(paste);
    ann.end_input();
    EXPECT_TRUE(bob->expect("ann: line 17\n").ends_with(first));
    EXPECT_LT(now() - start, 1s);
    // She is welcomed and told at once.
    EXPECT_NE(ann.expect(told).find("* Welcome"), std::string::npos);
    EXPECT_LT(now() - start, 1s);
    EXPECT_EQ(bob->expect("ann: line 59\n"), rest);
    EXPECT_GT(now() - start, 20s);
    EXPECT_LT(now() - start, 23s);
    EXPECT_EQ(ann.rest().find("faster"), std::string::npos);
    EXPECT_EQ(house.context.counters.floods_slowed, 1u);
  });
}

TEST(TextDoorTest, WhatCountsAndWhatDoesNot) {
  struct Case {
    std::string line;
    int times;
    bool slowed;
  };
  for (const Case& one :
       {Case{"", 1000, false}, Case{"hello", 20, false}, Case{"hello", 21, true}, Case{"/msg bob x", 21, true},
        Case{"/me waves", 21, true}, Case{"/ me waves", 21, true}, Case{"/ me " + std::string(8000, 'x'), 2, true},
        Case{std::string(3000, 'x'), 3, true}, Case{"/nick ann", 11, true}, Case{"/who", 100, false},
        Case{"/who", 101, true}, Case{"/help", 201, true}, Case{std::string(9000, 'x'), 201, true}}) {
    SCOPED_TRACE(one.line.substr(0, 20));
    simulated(
        [&] {
          House house{Options{}};
          Somebody ann;
          std::string bytes;
          for (int i = 0; i < one.times; ++i) bytes += one.line + "\n";
          ann.send(bytes);
          ann.end_input();
          EXPECT_EQ(ann.rest().find("faster") != std::string::npos, one.slowed);
        },
        2, 3);
  }
}

TEST(TextDoorTest, PiecesCountToo) {
  simulated([] {
    House house{Options{}};
    Somebody ann;
    for (int i = 100; i < 300; ++i) {
      ann.send("piece" + std::to_string(i));
      sleep(310ms);
    }
    ann.end_input();
    ann.rest();
    EXPECT_EQ(house.context.counters.floods_slowed, 1u);
    std::size_t size = 0;
    for (const std::string& line : house.said()) size += line.size() - std::string_view("guest1: ").size();
    EXPECT_EQ(size, 200u * 8);  // nothing is lost, however it was put together
  });
}

TEST(TextDoorTest, OperatorsAreNotSlowed) {
  simulated([] {
    Options options;
    options.operator_key = "key";
    House house(options);
    Somebody ann;
    std::string paste = "/oper key\n";
    for (int i = 0; i < 300; ++i) paste += "line\n";
    ann.send(paste);
    const TimePoint start = now();
    eventually([&] { return house.said().size() == 300; });
    EXPECT_LT(now() - start, 5s);
  });
}

// Neither the server's stop nor a kick waits for a flood to be read.
TEST(TextDoorTest, AFloodDelaysNoFarewell) {
  simulated([] {
    House house{Options{}};
    Somebody ann;
    ann.send(std::string(8000, 'x') + "\n" + std::string(8000, 'y') + "\n" + std::string(8000, 'z') + "\n");
    ann.expect(told);
    const TimePoint start = now();
    house.front.stop("now");
    EXPECT_TRUE(house.front.wait_stopped(5s));
    EXPECT_LT(now() - start, 2s);
  });
}

// Twenty guests of one address have the limits of ten; others are not held up by them, and going away does not help.
TEST(TextDoorTest, TheGuestsOfOneAddressShareALimit) {
  simulated([] {
    House house{Options{}};
    const auto said_after = [&](const char* from, int guests) {
      const TimePoint start = now();
      const std::size_t before = house.said().size();
      std::string lines;
      for (int i = 0; i < 20; ++i) lines += "line\n";
      std::vector<Fiber<>> fibers;
      for (int i = 0; i < guests; ++i) {
        fibers.push_back(spawn([&] {
          Somebody guest(from);
          guest.send(lines);
          guest.end_input();
          guest.rest();
        }));
      }
      for (const auto& fiber : fibers) fiber.get();
      EXPECT_EQ(house.said().size(), before + static_cast<std::size_t>(guests) * 20);
      return now() - start;
    };
    EXPECT_LT(said_after("192.0.2.1", 10), 2s);
    const Duration second = said_after("192.0.2.1", 10);
    EXPECT_GT(second, 8s);
    EXPECT_LT(second, 12s);
    EXPECT_LT(said_after("192.0.2.2", 1), 1s);
  });
}

TEST(TextDoorTest, OneWhoNeverReadsIsToldAndDelaysNobody) {
  simulated(
      [] {
        House house;
        auto ann = terminal("ann");
        auto bob = terminal("bob");
        ann->expect("bob now\n");
        Somebody deaf;
        deaf.send("listening\n");
        ann->expect("listening\n");
        bob->expect("listening\n");
        testing::stop_reading(deaf.socket());
        const std::string line(300, 'x');
        for (int i = 0; i < 5000; ++i) {
          ann->send(line + std::to_string(i) + "\n");
          const TimePoint start = now();
          ASSERT_TRUE(bob->expect(std::to_string(i) + "\n").ends_with("ann: " + line + std::to_string(i) + "\n"));
          ASSERT_LT(now() - start, 100ms);
        }
        eventually([&] { return house.people() == Lines{"ann", "bob"}; });
        EXPECT_EQ(house.context.counters.fell_behind, 1u);
        sleep(10s);
        testing::resume_reading(deaf.socket());
        EXPECT_TRUE(deaf.rest().ends_with("\n* You read too slowly: too much was waiting. Goodbye.\n"));
      },
      2, 2);
}

}  // namespace
}  // namespace loquat::doors
