#include "doors/common/resumes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "loquat/testing.h"

namespace loquat::doors {
namespace {

chat::ChatEvent message(chat::Seq seq) {
  chat::ChatEvent event;
  event.seq = seq;
  return event;
}

TEST(Resumes, KeepsTheLastMessages) {
  testing::simulate(1, [] {
    Resumes resumes;
    const std::string token = resumes.open(7);
    EXPECT_EQ(token.size(), 32u);
    EXPECT_EQ(resumes.session(token, now()), 7u);
    for (chat::Seq seq = 1; seq <= Resumes::max_messages + 5; ++seq) resumes.keep(token, message(seq), now());
    const std::vector<chat::ChatEvent> messages = resumes.take(token, 10, now());
    EXPECT_EQ(messages.front().seq, 11u);
    EXPECT_EQ(messages.back().seq, Resumes::max_messages + 5);
    EXPECT_EQ(resumes.session(token, now()), 0u);
    EXPECT_TRUE(resumes.take(token, 0, now()).empty());
  });
}

TEST(Resumes, ForgetsSessionsThatAreOver) {
  testing::simulate(1, [] {
    Resumes resumes;
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i <= Resumes::max_over; ++i) {
      tokens.push_back(resumes.open(i + 1));
      resumes.close(tokens.back(), now());
    }
    EXPECT_EQ(resumes.session(tokens.front(), now()), 0u);
    EXPECT_EQ(resumes.session(tokens[1], now()), 2u);
    const std::string living = resumes.open(5000);
    const TimePoint later = now() + Resumes::kept_for + std::chrono::seconds(1);
    EXPECT_EQ(resumes.session(tokens.back(), later), 0u);
    EXPECT_EQ(resumes.session(living, later), 5000u);
  });
}

TEST(Resumes, AnOldTokenIsNotTaken) {
  testing::simulate(1, [] {
    Resumes resumes;
    const std::string token = resumes.open(7);
    resumes.keep(token, message(1), now());
    resumes.close(token, now());
    EXPECT_TRUE(resumes.take(token, 0, now() + Resumes::kept_for + std::chrono::seconds(1)).empty());
  });
}

TEST(Resumes, ForgetsWhatTheClientHasRead) {
  testing::simulate(1, [] {
    Resumes resumes;
    const std::string token = resumes.open(7);
    const TimePoint start = now();
    resumes.keep(token, message(1), start);
    EXPECT_TRUE(resumes.heard(token, start + std::chrono::seconds(10)));
    resumes.keep(token, message(2), start + std::chrono::seconds(1));
    EXPECT_TRUE(resumes.heard(token, start + std::chrono::seconds(11)));
    const std::vector<chat::ChatEvent> messages = resumes.take(token, 0, now());
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].seq, 2u);
    EXPECT_FALSE(resumes.heard(token, now()));
  });
}

}  // namespace
}  // namespace loquat::doors
