// The history has every line that clients have seen, whenever the power fails and whatever errors the disk returns.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <iostream>
#include <map>

#include "chat/session.h"
#include "cut_tools.h"
#include "loquat/run.h"

namespace loquat::tests {
namespace {

using archive::SqliteArchive;
using chat::ChatEvent;
using chat::CommandKind;
using chat::Reason;
using chat::Seq;

// A client that records in the disk's journal each line at the moment when it is shown.
struct Reader final : chat::Subscriber {
  explicit Reader(DiskModel* model) : disk(model) {}
  void deliver(chat::Delivery& delivery) noexcept override {
    const ChatEvent& e = delivery.event();
    if (!e.is_kept()) return;
    shown[e.seq] = e.text;
    if (disk != nullptr) disk->mark(e.seq);
  }
  DiskModel* disk;
  std::map<Seq, std::string> shown;
};

// Runs two workers and six clients that all talk in one room; returns what was shown to them.
std::map<Seq, std::string> talk(DiskModel& disk, const PowerCutVfs& vfs, bool durable) {
  Directory directory;
  SqliteArchive archive(directory.path, small_options(vfs, durable));
  std::map<Seq, std::string> shown;
  RunOptions two;
  two.workers = 2;
  run(
      [&] {
        chat::Log log(archive);
        Reader witness(&disk);
        chat::Session all(log, witness);
        all.connect("witness", "", "");
        all.join("#tea").get();
        std::vector<Fiber<>> clients;
        for (std::size_t i = 0; i < 6; ++i) {
          clients.push_back(spawn_on(i % 2, [&log, &disk, i] {
            Reader reader(&disk);
            chat::Session session(log, reader);
            session.connect("", "", "");
            session.join("#tea");
            for (int k = 0; k < 20; ++k) {
              session.post(CommandKind::message, "#tea",
                           std::to_string(i) + "." + std::to_string(k) + std::string(60, '.'));
              if (k % 3 == 0) session.settle();
            }
            session.settle();
          }));
        }
        for (auto& client : clients) client.get();
        all.settle();
        log.stop();
        shown = witness.shown;
      },
      two);
  return shown;
}

// Compares the files after a cut with what clients had been shown by then: lines that are missing, duplicated or
// changed.
std::string verdict(const DiskModel& disk, std::size_t cut, const Files& files, std::map<Seq, std::string>& shown,
                    const PowerCutVfs& quiet) {
  Directory directory;
  write_files(directory.path, files);
  try {
    SqliteArchive archive(directory.path, small_options(quiet));
    std::map<Seq, std::string> kept;
    for (const ChatEvent& e : archive.after("#tea", 0, 100'000)) {
      if (!kept.emplace(e.seq, e.text).second) return "line " + std::to_string(e.seq) + " is there twice";
    }
    for (const Seq seq : disk.marks(cut)) {
      if (!kept.contains(seq))
        return "line " + std::to_string(seq) + " was shown and is lost: " + shown[seq].substr(0, 12);
      if (kept[seq] != shown[seq]) return "line " + std::to_string(seq) + " has changed";
    }
  } catch (const chat::ArchiveError& error) {
    return error.what();
  }
  return {};
}

struct Judgement {
  int cuts = 0;
  int bad = 0;
  std::string first;
};

Judgement cut_everywhere(const DiskModel& disk, std::map<Seq, std::string> shown, std::size_t stride) {
  PowerCutVfs quiet("quiet", nullptr);
  Judgement judgement;
  for (const std::size_t cut : disk.cuts(stride)) {
    for (const Loss loss : {Loss::all, Loss::some}) {
      const std::string words = verdict(disk, cut, disk.after_cut(cut, loss, seed() + cut), shown, quiet);
      ++judgement.cuts;
      if (!words.empty() && judgement.bad++ == 0) judgement.first = "cut at " + std::to_string(cut) + ": " + words;
    }
  }
  return judgement;
}

TEST(LogPowerCut, LinesThatClientsSawAreInTheHistory) {
  DiskModel disk;
  PowerCutVfs vfs("recording", &disk);
  const auto shown = talk(disk, vfs, true);
  EXPECT_EQ(shown.size(), 120u);
  const Judgement judgement = cut_everywhere(disk, shown, 31);
  std::cout << judgement.cuts << " cuts in " << disk.size() << " operations, LOQUAT_SEED=" << seed() << "\n";
  EXPECT_EQ(judgement.bad, 0) << judgement.first;
}

TEST(LogPowerCut, WithoutSyncingLinesThatClientsSawAreLost) {
  DiskModel disk;
  PowerCutVfs vfs("recording", &disk);
  const auto shown = talk(disk, vfs, false);
  const Judgement judgement = cut_everywhere(disk, shown, 31);
  std::cout << "synchronous=OFF: " << judgement.bad << " of " << judgement.cuts << " cuts lose something; "
            << judgement.first << "\n";
  EXPECT_GT(judgement.bad, judgement.cuts / 2) << "the checker would not notice a loss";
}

class FailingDisk : public testing::TestWithParam<int> {};

TEST_P(FailingDisk, HidesTheLineAndTellsItsSender) {
  const bool at_sync = GetParam() == SQLITE_IOERR_FSYNC;
  PowerCutVfs vfs("failing", nullptr);
  Directory directory;
  SqliteArchive archive(directory.path, small_options(vfs));
  RunOptions two;
  two.workers = 2;
  run(
      [&] {
        chat::LogOptions options;
        options.retry_first = std::chrono::milliseconds(1);
        chat::Log log(archive, options);
        Reader ada(nullptr);
        chat::Session session(log, ada);
        session.connect("ada", "", "");
        session.submit(chat::Command::oper());
        session.join("#tea").get();
        for (int round = 0; round < 5; ++round) {
          EXPECT_TRUE(session.post(CommandKind::message, "#tea", "kept").get().ok());
          (at_sync ? vfs.fail_sync : vfs.fail_write) = GetParam();
          const auto outcome = session.post(CommandKind::message, "#tea", "lost").get();
          EXPECT_EQ(outcome.reason, Reason::not_saved);
          EXPECT_THROW(archive.commit({}, 0), chat::ArchiveError) << "an empty commit must try the disk";
          EXPECT_NE(outcome.details.find(GetParam() == SQLITE_FULL ? "free some space" : "look at the disk"),
                    std::string::npos)
              << outcome.details;
          EXPECT_EQ(session.post(CommandKind::message, "#tea", "refused").get().reason, Reason::read_only);
          EXPECT_EQ(archive.latest("#tea", 100).size(), static_cast<std::size_t>(round) + 1)
              << "the history can be read";
          (at_sync ? vfs.fail_sync : vfs.fail_write) = 0;
          log.wait_writable();
        }
        for (const auto& [seq, text] : ada.shown) EXPECT_EQ(text, "kept");
        EXPECT_EQ(ada.shown.size(), 5u);
        EXPECT_EQ(archive.latest("#tea", 100).size(), 5u);
      },
      two);
}

INSTANTIATE_TEST_SUITE_P(Failures, FailingDisk, testing::Values(SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC));

}  // namespace
}  // namespace loquat::tests
