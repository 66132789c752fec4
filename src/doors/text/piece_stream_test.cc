// Clients that do recv(512).decode(), modelled: whatever they do, they see whole characters.
#include "doors/text/piece_stream.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

#include "codec/text/utf8.h"

namespace loquat::doors {
namespace {

using namespace std::chrono_literals;

struct Model {
  explicit Model(unsigned seed) : random(seed) {}

  std::size_t below(std::size_t bound) { return random() % bound; }
  std::string line(std::size_t most = 90) {
    static const std::vector<std::string> characters = {"a", "é", "好", "好", "好", "😀"};
    std::string text = "ann: ";
    for (std::size_t n = below(most) + 1; n > 0; --n) text += characters[below(characters.size())];
    return text;
  }
  void send(std::string_view text) {
    const std::string placed = stream.place(text);
    EXPECT_LE(placed.size(), PieceStream::read);
    EXPECT_TRUE(codec::is_utf8(placed));
    now = std::max(now, stream.earliest(placed.size()));
    stream.sent(placed.size(), now);
    kernel += placed;
  }
  std::string recv() {
    std::string part = kernel.substr(0, PieceStream::read);
    kernel.erase(0, part.size());
    EXPECT_TRUE(codec::is_utf8(part)) << part;
    return part;
  }

  std::mt19937 random;
  PieceStream stream;
  std::string kernel;  // what has arrived and is unread
  TimePoint now{1h};
};

void for_seeds(const std::function<void(Model&)>& body) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed);
    body(model);
  }
}

TEST(PieceStreamTest, OneWhoTakesTurnsAndFallsBehind) {
  for_seeds([](Model& m) {
    for (int turn = 0; turn < 200; ++turn) {
      m.stream.spoke();
      if (m.kernel.empty()) m.send(m.line());
      m.recv();
      for (std::size_t n = m.below(8); n > 0; --n) m.send(m.line());
    }
  });
}

TEST(PieceStreamTest, OneWhoSpeaksOnceAndReadsMuchLater) {
  for_seeds([](Model& m) {
    m.stream.spoke();
    for (int i = 0; i < 100; ++i) m.send(m.line());
    while (!m.kernel.empty()) m.recv();
  });
}

TEST(PieceStreamTest, OneWhoTakesTurnsSometimesLate) {
  for_seeds([](Model& m) {
    m.stream.spoke();
    m.send(m.line());
    m.recv();
    for (int i = 0; i < 60; ++i) m.send(m.line());
    m.stream.spoke();
    for (int i = 0; i < 20; ++i) m.send(m.line());
    while (!m.kernel.empty()) m.recv();
  });
}

TEST(PieceStreamTest, OneWhoReadsAllTheTimeButStallsNowAndThen) {
  for_seeds([](Model& m) {
    m.stream.spoke();
    m.stream.spoke();
    for (int i = 0; i < 300; ++i) {
      const std::string text = m.line(100);
      const TimePoint sent = std::max(m.now, m.stream.earliest(text.size()));
      if (sent - m.now >= PieceStream::rest || m.below(10) == 0) {
        while (!m.kernel.empty()) m.recv();
      }
      ASSERT_EQ(m.stream.place(text), text) << "nothing is added for one who does not take turns";
      m.send(text);
    }
  });
}

TEST(PieceStreamTest, AnAnswerIsNotTouched) {
  for_seeds([](Model& m) {
    for (int turn = 0; turn < 100; ++turn) {
      m.stream.spoke();
      const std::string answer = m.line();
      m.send(answer);
      EXPECT_EQ(m.recv(), answer);
    }
  });
}

TEST(PieceStreamTest, TheLastMessageIsReadAlone) {
  for_seeds([](Model& m) {
    m.stream.spoke();
    m.send(m.line());
    m.recv();
    for (std::size_t n = m.below(40); n > 0; --n) m.send(m.line());
    m.stream.spoke();
    m.recv();
    m.kernel += m.stream.fill_up() + "byebye";
    std::string last;
    while (!m.kernel.empty()) last = m.recv();
    EXPECT_EQ(last, "byebye");
  });
}

TEST(PieceStreamTest, AtMost512BytesWithoutARest) {
  PieceStream stream;
  TimePoint now{1h};
  stream.spoke();
  stream.spoke();
  std::size_t burst = 0;
  for (int i = 0; i < 100; ++i) {
    const TimePoint time = std::max(now, stream.earliest(100));
    burst = time - now >= PieceStream::rest ? 100 : burst + 100;
    EXPECT_LE(burst, PieceStream::read);
    stream.sent(100, now = time);
    EXPECT_GE(stream.earliest(1) - now, PieceStream::gap);
    EXPECT_EQ(stream.earliest(1, true) - now, PieceStream::rest);
  }
}

TEST(PieceStreamTest, WhatContinuesALineGetsNoLineFeed) {
  Model m(1);
  m.stream.spoke();
  m.send(std::string(400, 'a'));
  m.send(std::string(90, 'a'));
  EXPECT_EQ(m.stream.place("b"), "\nb");
  EXPECT_EQ(m.stream.place("b", true), "b");
}

}  // namespace
}  // namespace loquat::doors
