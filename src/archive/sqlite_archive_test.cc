#include "archive/sqlite_archive.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "archive/sqlite.h"

namespace loquat::archive {
namespace {

using chat::ArchiveError;
using chat::ChatEvent;
using chat::EventKind;
using chat::Seq;
using chat::WallTime;

class SqliteArchiveTest : public testing::Test {
 protected:
  SqliteArchiveTest() {
    std::string pattern = testing::TempDir() + "loquat-archive-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    data_ = root_ + "/a/data";
  }
  ~SqliteArchiveTest() override { std::filesystem::remove_all(root_); }

  static ChatEvent message(Seq seq, std::string room, std::string text) {
    ChatEvent e;
    e.seq = seq;
    e.time = WallTime(std::chrono::milliseconds(1000 * seq));
    e.room = std::move(room);
    e.nick = "ada";
    e.origin = "ada@here";
    e.text = std::move(text);
    e.tag = "t" + std::to_string(seq);
    return e;
  }
  static std::string error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const ArchiveError& error) {
      return error.what();
    }
    return "no error";
  }
  static std::vector<Seq> seqs(const std::vector<ChatEvent>& events) {
    std::vector<Seq> out;
    for (const ChatEvent& e : events) out.push_back(e.seq);
    return out;
  }
  static unsigned mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777;
  }

  std::string root_;
  std::string data_;
};

using Seqs = std::vector<Seq>;

TEST_F(SqliteArchiveTest, KeepsEveryFieldOfAnEvent) {
  ChatEvent in = message(7, "#lobby", "你好");
  in.kind = EventKind::action;
  {
    SqliteArchive archive(data_);
    archive.commit(std::span(&in, 1), 100);
  }
  SqliteArchive archive(data_);
  const auto events = archive.latest("#lobby", 10);
  ASSERT_EQ(events.size(), 1u);
  const ChatEvent& out = events[0];
  EXPECT_EQ(out.seq, in.seq);
  EXPECT_EQ(out.time, in.time);
  EXPECT_EQ(out.kind, in.kind);
  EXPECT_EQ(out.room, in.room);
  EXPECT_EQ(out.nick, in.nick);
  EXPECT_EQ(out.origin, in.origin);
  EXPECT_EQ(out.text, in.text);
  EXPECT_EQ(out.tag, in.tag);
  EXPECT_EQ(archive.last_seq(), 100u) << "numbers up to the reserve are not used again";
  EXPECT_EQ(archive.find(7)->room, "#lobby");
}

TEST_F(SqliteArchiveTest, PagesByRoomWithoutGapOrDouble) {
  SqliteArchive archive(data_);
  std::vector<ChatEvent> events;
  for (Seq seq = 1; seq <= 20; ++seq) events.push_back(message(seq, seq % 2 ? "#odd" : "#even", "x"));
  archive.commit(events, 0);
  EXPECT_EQ(seqs(archive.latest("#odd", 3)), (Seqs{15, 17, 19}));
  EXPECT_EQ(seqs(archive.latest("#odd", 3, 17)), (Seqs{13, 15, 17}));
  EXPECT_EQ(seqs(archive.latest("#odd", 3, 16)), (Seqs{11, 13, 15}));
  EXPECT_EQ(seqs(archive.before("#odd", 5, 10)), (Seqs{1, 3}));
  EXPECT_EQ(seqs(archive.before("#odd", 1, 10)), Seqs{});
  EXPECT_EQ(seqs(archive.before("#odd", 0, 10)), Seqs{});
  EXPECT_EQ(seqs(archive.after("#odd", 15, 10)), (Seqs{17, 19}));
  EXPECT_EQ(seqs(archive.after("#odd", 0, 2)), (Seqs{1, 3}));
  EXPECT_EQ(seqs(archive.after("#odd", 19, 2)), Seqs{});
  EXPECT_EQ(seqs(archive.latest("#nowhere", 3)), Seqs{});
  EXPECT_EQ(seqs(archive.latest("#odd", 0)), Seqs{});
}

TEST_F(SqliteArchiveTest, FindsWhatWasSaidBetweenTwoTimesAlsoAfterAClockThatWasFast) {
  const auto at = [](int seconds) { return WallTime(std::chrono::seconds(seconds)); };
  {
    SqliteArchive archive(data_);
    EXPECT_EQ(seqs(archive.said_between("#a", WallTime::min(), WallTime::max(), 9, false)), Seqs{});
    std::vector<ChatEvent> events;
    for (Seq seq : {3, 4, 10, 11, 500}) events.push_back(message(seq, "#a", "x"));  // said at second `seq`
    events[2].kind = EventKind::topic;
    events[3].time = at(1'000'000);
    events.push_back(message(501, "#b", "x"));
    archive.commit(events, 10'000);
  }
  Database(data_ + "/chat.db", {}).execute("DROP INDEX event_by_time");  // as an earlier server left it
  SqliteArchive archive(data_);
  const auto between = [&](WallTime from, WallTime to, std::size_t n, bool last) {
    return seqs(archive.said_between("#a", from, to, n, last));
  };
  EXPECT_EQ(between(WallTime::min(), WallTime::max(), 9, false), (Seqs{3, 4, 500, 11})) << "in the order of time";
  EXPECT_EQ(between(WallTime::min(), WallTime::max(), 2, true), (Seqs{500, 11}));
  EXPECT_EQ(between(WallTime::min(), WallTime::max(), 2, false), (Seqs{3, 4}));
  EXPECT_EQ(between(at(4), at(500), 9, false), Seqs{4});
  EXPECT_EQ(between(at(4), at(501), 9, true), (Seqs{4, 500}));
  EXPECT_EQ(between(at(501), at(999), 9, true), Seqs{});
}

TEST_F(SqliteArchiveTest, RemembersTopicsBansAndRemovals) {
  ChatEvent topic = message(1, "#a", "the first");
  topic.kind = EventKind::topic;
  ChatEvent ban = message(2, "", "flooding");
  ban.kind = EventKind::ban;
  ban.target = "192.0.2.7";
  ChatEvent line = message(3, "#a", "a secret word");
  ChatEvent removal = message(4, "#a", "");
  removal.kind = EventKind::remove;
  removal.ref = 3;
  {
    SqliteArchive archive(data_);
    archive.commit(std::vector{topic, ban, line}, 0);
    archive.commit(std::vector{removal}, 0);
    ASSERT_EQ(archive.bans().size(), 1u);
    ChatEvent unban = ban;
    unban.seq = 5;
    unban.kind = EventKind::unban;
    archive.commit(std::vector{unban}, 0);
    EXPECT_TRUE(archive.bans().empty());
    EXPECT_FALSE(archive.find(3));
    EXPECT_EQ(seqs(archive.latest("#a", 10)), (Seqs{1, 4}));
  }
  SqliteArchive archive(data_);
  ASSERT_TRUE(archive.room("#A"));
  EXPECT_EQ(archive.room("#A")->name, "#a");
  EXPECT_EQ(archive.room("#a")->topic.text, "the first");
  EXPECT_EQ(archive.room("#a")->topic.nick, "ada");
  EXPECT_FALSE(archive.room("#b"));
  std::ifstream file(data_ + "/chat.db", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(bytes.find("a secret word"), std::string::npos) << "a removed text must not stay in the file";
}

TEST_F(SqliteArchiveTest, AFailedCommitLeavesNothing) {
  SqliteArchive archive(data_);
  archive.commit(std::vector{message(1, "#a", "x")}, 0);
  const std::vector twice{message(2, "#b", "y"), message(2, "#b", "y")};
  EXPECT_NE(error_of([&] { archive.commit(twice, 50); }).find("UNIQUE"), std::string::npos);
  EXPECT_EQ(archive.last_seq(), 1u);
  EXPECT_FALSE(archive.room("#b"));
  archive.commit(std::vector{message(2, "#b", "y")}, 0);
  EXPECT_EQ(seqs(archive.latest("#b", 9)), (Seqs{2}));
  archive.commit(std::vector{message(3, "#B", "y")}, 0);
  EXPECT_EQ(seqs(archive.latest("#b", 9)), (Seqs{2, 3})) << "one room in two spellings";
}

TEST_F(SqliteArchiveTest, BelongsToItsUserAlone) {
  SqliteArchive archive(data_);
  archive.commit(std::vector{message(1, "#a", "x")}, 0);
  EXPECT_EQ(mode(data_), 0700u);
  for (const char* name : {"/chat.db", "/chat.db-wal", "/chat.db-shm", "/lock"})
    EXPECT_EQ(mode(data_ + name), 0600u) << name;
}

TEST_F(SqliteArchiveTest, ASecondServerIsRefused) {
  SqliteArchive archive(data_);
  const std::string error = error_of([&] { SqliteArchive second(data_); });
  EXPECT_NE(error.find("in use by process " + std::to_string(getpid())), std::string::npos) << error;
}

TEST_F(SqliteArchiveTest, ANewerFormatIsRefusedAndLeftAlone) {
  { SqliteArchive archive(data_); }
  { Database(data_ + "/chat.db", "").execute("PRAGMA user_version=3"); }
  const std::string error = error_of([&] { SqliteArchive archive(data_); });
  EXPECT_NE(error.find("newer Loquat (format 3, this one knows 2)"), std::string::npos) << error;
}

TEST_F(SqliteArchiveTest, AnOlderFormatIsBroughtUpToDate) {
  { SqliteArchive archive(data_); }
  Database(data_ + "/chat.db", "")
      .execute(
          "DROP TABLE ban; CREATE TABLE ban(target TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;"
          "INSERT INTO ban VALUES('bob', 'noise'); PRAGMA user_version=1");
  ChatEvent ban = message(1, "", "flooding");
  ban.kind = EventKind::ban;
  ban.target = "192.0.2.7";
  ban.tag = "eve";
  for (int i = 0; i < 2; ++i) {
    SqliteArchive archive(data_);
    if (i == 0) archive.commit(std::vector{ban}, 0);
    const auto bans = archive.bans();
    ASSERT_EQ(bans.size(), 2u);
    EXPECT_EQ(bans[0].target + bans[0].nick + bans[0].setter + bans[0].reason, "192.0.2.7eveadaflooding");
    EXPECT_EQ(bans[0].time, ban.time);
    EXPECT_EQ(bans[1].target + bans[1].nick + bans[1].setter + bans[1].reason, "bobnoise");
  }
}

TEST_F(SqliteArchiveTest, OtherFilesAreRefusedAndLeftAlone) {
  std::filesystem::create_directories(data_);
  { std::ofstream(data_ + "/chat.db") << std::string(8192, '?'); }
  std::string error = error_of([&] { SqliteArchive archive(data_); });
  EXPECT_NE(error.find("damaged"), std::string::npos) << error;
  EXPECT_EQ(std::filesystem::file_size(data_ + "/chat.db"), 8192u);

  std::filesystem::remove(data_ + "/chat.db");
  { std::ofstream(data_ + "/chat.db"); }
  { Database(data_ + "/chat.db", "").execute("CREATE TABLE mine(x)"); }
  error = error_of([&] { SqliteArchive archive(data_); });
  EXPECT_NE(error.find("not an archive of Loquat"), std::string::npos) << error;

  error = error_of([&] { SqliteArchive archive(data_ + "/chat.db"); });
  EXPECT_NE(error.find("Not a directory"), std::string::npos) << error;
}

TEST_F(SqliteArchiveTest, DamageInTheMiddleIsAnErrorAndNoCrash) {
  {
    SqliteArchive archive(data_);
    std::vector<ChatEvent> events;
    for (Seq seq = 1; seq <= 500; ++seq) events.push_back(message(seq, "#a", std::string(200, 'x')));
    archive.commit(events, 0);
  }
  std::fstream file(data_ + "/chat.db", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  for (int i = 0; i < 4096 * 20; ++i) file.put(static_cast<char>(0xA5));
  file.close();
  const std::string error = error_of([&] {
    SqliteArchive archive(data_);
    (void)archive.latest("#a", 1000);
  });
  EXPECT_NE(error.find("the file is damaged"), std::string::npos) << error;
}

TEST_F(SqliteArchiveTest, TheWriteAheadLogStaysBounded) {
  SqliteOptions options;
  options.checkpoint_pages = 50;
  options.wal_pages = 200;
  SqliteArchive archive(data_, options);
  for (Seq seq = 1; seq <= 1000; ++seq) archive.commit(std::vector{message(seq, "#a", std::string(300, 'x'))}, 0);
  EXPECT_LE(std::filesystem::file_size(data_ + "/chat.db-wal"), 4200u * 260);
  EXPECT_EQ(archive.latest("#a", 2000).size(), 1000u);
}

}  // namespace
}  // namespace loquat::archive
