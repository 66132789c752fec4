// Clients that send pieces without a line end, as the tutorial's do, in the text door.
#include "doors/text/door.h"

#include "chat/session.h"
#include "codec/text/utf8.h"
#include "doors/test_house.h"

namespace loquat::doors {
namespace {

using Lines = std::vector<std::string>;

TEST(TextDoorTest, TheTutorialsTurnsWork) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    ann->send("以前的话\n以前的话\n");
    Somebody pupil;
    pupil.send("你好,有人吗");
    ann->expect("* guest2 is in #lobby now\nguest2: 你好,有人吗\n");
    ann->send("有的\n");
    EXPECT_EQ(pupil.recv512(), "ann: 有的") << "neither a welcome nor history nor a line feed";
    for (int i = 0; i < 10; ++i) {
      pupil.send("第" + std::to_string(i) + "句话");
      ann->expect("guest2: 第" + std::to_string(i) + "句话\n");
      ann->send("回答" + std::to_string(i) + "\n");
      EXPECT_EQ(pupil.recv512(), "ann: 回答" + std::to_string(i));
    }
    pupil.send("byebye");
    EXPECT_EQ(pupil.recv512(), "byebye");
    EXPECT_EQ(pupil.recv512(), "");
    ann->expect("* guest2 has gone (byebye)\n");
  });
}

TEST(TextDoorTest, ATurnTakerThatFallsBehindNeverSeesHalfACharacter) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody pupil;
    pupil.send("大家好大家好");
    auto first = spawn([&] { return pupil.recv512(); });  // it waits for its answer
    ann->expect("大家好\n");
    std::string expected;
    for (int i = 0; i < 60; ++i) {
      std::string line;
      for (std::uint64_t n = testing::random(40) + 1; n > 0; --n)
        line += testing::random(8) == 0 ? "a" : testing::random(8) == 0 ? "😀" : "好";
      ann->send(line + "\n");
      expected += "ann:" + line;
    }
    sleep(60s);
    std::string got = first.get();
    for (int i = 0; i < 60; ++i) {
      pupil.send("我又来了");
      const std::string part = pupil.recv512();
      EXPECT_TRUE(codec::is_utf8(part)) << part;
      got += part;
      ann->expect("我又来了\n");
      if (pupil.socket().wait_readable(500ms)) continue;
      break;
    }
    std::erase_if(got, [](char c) { return c == '\n' || c == ' '; });
    EXPECT_EQ(got, expected);
    pupil.send("byebye");
    EXPECT_EQ(pupil.recv512(), "byebye");
  });
}

TEST(TextDoorTest, AClientThatOnlyReadsGetsEachLineAlone) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody pupil;
    pupil.send("第一句话");
    ann->expect("第一句话\n");
    pupil.send("第二句话");  // so it does not take turns
    ann->expect("第二句话\n");
    std::string paste;
    for (int i = 0; i < 200; ++i) paste += "这是第" + std::to_string(i) + "行\n";
    ann->send(paste);
    for (int i = 0; i < 200; ++i) ASSERT_EQ(pupil.recv512(), "ann: 这是第" + std::to_string(i) + "行");
  });
}

TEST(TextDoorTest, AReaderThatStallsForATenthOfASecondSeesWholeLines) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody pupil;
    pupil.send("第一句话");
    ann->expect("第一句话\n");
    std::string paste;
    for (int i = 0; i < 100; ++i) paste += "这是第" + std::to_string(i) + "行,它有点长,它有点长,它有点长\n";
    ann->send(paste);
    std::string all;
    while (all.find("这是第99行") == std::string::npos) {
      sleep(std::chrono::milliseconds(testing::random(250)));
      const std::string part = pupil.recv512();
      ASSERT_TRUE(codec::is_utf8(part)) << part;
      ASSERT_FALSE(part.empty());
      all += part;
    }
  });
}

TEST(TextDoorTest, APieceEndsWithAPauseButNeverInsideACharacter) {
  simulated([] {
    House house;
    Somebody pupil;
    const TimePoint start = now();
    pupil.send("一二三四五\xE5\x85");  // half of 六
    sleep(10s);
    EXPECT_EQ(house.said(), Lines{});
    pupil.send("\xAD");
    eventually([&] { return house.said() == Lines{"guest1: 一二三四五六"}; });
    EXPECT_LT(now() - start, 12s + 500ms);
    pupil.send("七八");
    sleep(200ms);
    pupil.send("九十");
    eventually([&] { return house.said().size() == 2; });
    EXPECT_EQ(house.said().back(), "guest1: 七八九十");
  });
}

TEST(TextDoorTest, ALoneCharacterWaitsTwoSeconds) {
  simulated([] {
    House house;
    Somebody pupil;
    pupil.send("y");
    sleep(1900ms);
    EXPECT_EQ(house.said(), Lines{});
    eventually([&] { return house.said() == Lines{"guest1: y"}; });
    for (const char* key : {"k", "e", "y", "s"}) {
      pupil.send(key);
      sleep(700ms);
    }
    pupil.send("\r\n");
    eventually([&] { return house.said() == Lines{"guest1: y", "guest1: keys"}; });
  });
}

TEST(TextDoorTest, TheEndOfInputEndsAPieceAndALine) {
  simulated([] {
    House house;
    Somebody pupil;
    pupil.send("python学习笔记");
    pupil.socket().close();
    eventually([&] { return house.said() == Lines{"guest1: python学习笔记"}; });
    Somebody echo;
    echo.send("one\ntwo");
    echo.end_input();
    EXPECT_NE(echo.rest().find("python学习笔记\n"), std::string::npos) << "echo hi | nc -N shows the history";
    eventually([&] { return house.said() == Lines{"guest1: python学习笔记", "guest2: one", "guest2: two"}; });
    eventually([&] { return house.people().empty(); });
  });
}

}  // namespace
}  // namespace loquat::doors
