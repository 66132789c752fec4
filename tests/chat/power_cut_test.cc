// After a power cut, an archive has every event whose commit() had returned, once and in order; all or nothing of a
// commit in progress; and its file still works.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <iostream>
#include <memory>
#include <set>

#include "cut_tools.h"

namespace loquat::tests {
namespace {

using archive::SqliteArchive;
using chat::ChatEvent;
using chat::EventKind;
using chat::Seq;

using Batch = std::vector<ChatEvent>;
using Lines = std::vector<std::string>;  // "seq room text", in order

const std::vector<std::string> rooms = {"#lobby", "#east", "#west"};

// A batch of 1 to 12 events: mostly messages, some topics, and sometimes the removal of an earlier event.
Batch make_batch(Seq& seq, std::mt19937_64& random) {
  Batch batch(1 + random() % 12);
  for (ChatEvent& e : batch) {
    e.seq = seq += 1 + random() % 2;
    e.time = chat::WallTime(std::chrono::milliseconds(e.seq));
    e.room = rooms[random() % rooms.size()];
    e.nick = "ada";
    e.text = "line " + std::to_string(e.seq) + " " + std::string(random() % 300, 'x');
    if (random() % 16 == 0) e.kind = EventKind::topic;
  }
  return batch;
}

Lines lines_of(const Batch& events) {
  Lines lines;
  for (const ChatEvent& e : events) lines.push_back(std::to_string(e.seq) + " " + e.room + " " + e.text);
  return lines;
}

Lines lines_of(SqliteArchive& archive) {
  Batch all;
  for (const std::string& room : rooms) {
    for (ChatEvent& e : archive.after(room, 0, 100'000)) all.push_back(std::move(e));
  }
  std::sort(all.begin(), all.end(), [](const ChatEvent& a, const ChatEvent& b) { return a.seq < b.seq; });
  return lines_of(all);
}

// The calls to the archive, and the journal of its disk operations. Mark i is set when attempts[i] has returned.
struct Trial {
  explicit Trial(Files initial = {}, Lines known = {}) : disk(std::move(initial)), base(std::move(known)) {}
  DiskModel disk;
  Lines base;  // the history at the start
  std::vector<Batch> attempts;
  std::vector<std::size_t> began;  // the place in the journal where each attempt started

  void attempt(SqliteArchive& archive, Batch batch) {
    began.push_back(disk.size());
    attempts.push_back(std::move(batch));
    archive.commit(attempts.back(), attempts.back().back().seq + 100);
    disk.mark(attempts.size() - 1);
  }
};

void work(Trial& trial, const PowerCutVfs& vfs, bool durable, int commits, std::uint64_t random_seed) {
  Directory directory;
  std::mt19937_64 random(random_seed);
  SqliteArchive archive(directory.path, small_options(vfs, durable));
  Seq seq = 0;
  for (int i = 0; i < commits; ++i) trial.attempt(archive, make_batch(seq, random));
}

// The fault of the files after a cut; empty if there is none.
std::string verdict(const Trial& trial, std::size_t cut, const Files& files, const PowerCutVfs& quiet) {
  Lines expected = trial.base;
  const auto marks = trial.disk.marks(cut);
  for (const std::uint64_t i : marks) {
    for (auto& line : lines_of(trial.attempts[i])) expected.push_back(std::move(line));
  }
  std::vector<Lines> allowed{expected};  // or also with the attempt that had not returned before the cut
  for (std::size_t i = marks.empty() ? 0 : marks.back() + 1; i < trial.attempts.size() && trial.began[i] <= cut; ++i) {
    allowed.push_back(expected);
    for (auto& line : lines_of(trial.attempts[i])) allowed.back().push_back(std::move(line));
  }
  Directory directory;
  write_files(directory.path, files);
  try {
    SqliteArchive archive(directory.path, small_options(quiet));
    const Lines found = lines_of(archive);
    if (std::find(allowed.begin(), allowed.end(), found) == allowed.end()) {
      return "found " + std::to_string(found.size()) + " events, the last " +
             (found.empty() ? "none" : found.back().substr(0, 20)) + "; " + std::to_string(expected.size()) +
             " had been committed, the last " + (expected.empty() ? "none" : expected.back().substr(0, 20));
    }
    const Seq last = archive.last_seq();
    if (!marks.empty() && last < trial.attempts[marks.back()].back().seq + 100) return "numbers would be used twice";
    Seq next = last;
    std::mt19937_64 random(cut);
    const Batch more = make_batch(next, random);
    archive.commit(more, next);
    if (lines_of(archive).size() != found.size() + more.size()) return "it does not take new events";
  } catch (const chat::ArchiveError& error) {
    return std::string("it does not open: ") + error.what();
  }
  return {};
}

struct Judgement {
  int cuts = 0;
  int bad = 0;
  std::string first;
};

Judgement cut_everywhere(const Trial& trial, std::size_t stride, int variants) {
  PowerCutVfs quiet("judging", nullptr);
  Judgement judgement;
  for (const std::size_t cut : trial.disk.cuts(stride)) {
    for (int variant = 0; variant <= variants; ++variant) {
      const std::uint64_t random = seed() + cut * 100 + static_cast<std::uint64_t>(variant);
      const Files files = trial.disk.after_cut(cut, variant == 0 ? Loss::all : Loss::some, random);
      const std::string words = verdict(trial, cut, files, quiet);
      ++judgement.cuts;
      if (words.empty() || judgement.bad++ != 0) continue;
      judgement.first =
          "cut at operation " + std::to_string(cut) +
          (variant == 0 ? ", all unsynced lost" : ", some unsynced kept, seed " + std::to_string(random)) + ": " +
          words;
    }
  }
  return judgement;
}

TEST(PowerCut, EveryCommittedEventIsThereAfterACutAtAnySync) {
  Trial trial;
  PowerCutVfs vfs("recording", &trial.disk);
  work(trial, vfs, true, 60, seed());
  const Judgement judgement = cut_everywhere(trial, 23, 2);
  std::cout << judgement.cuts << " cuts in " << trial.disk.size() << " operations, LOQUAT_SEED=" << seed() << "\n";
  EXPECT_GT(judgement.cuts, 300);
  EXPECT_EQ(judgement.bad, 0) << judgement.first;
}

TEST(PowerCut, WithoutSyncingLossesAreDetected) {
  Trial trial;
  PowerCutVfs vfs("recording", &trial.disk);
  work(trial, vfs, false, 60, seed());
  const Judgement judgement = cut_everywhere(trial, 23, 2);
  std::cout << "synchronous=OFF: " << judgement.bad << " of " << judgement.cuts << " cuts lose something; "
            << judgement.first << "\n";
  EXPECT_GT(judgement.bad, judgement.cuts / 2) << "the checker would not notice a loss";
}

// Opens and uses the files after a cut, and cuts the power again: a second cut may interrupt recovery.
TEST(PowerCut, ACutDuringRecoveryLosesNothing) {
  Trial first;
  {
    PowerCutVfs vfs("recording", &first.disk);
    work(first, vfs, true, 12, seed() + 1);
  }
  PowerCutVfs quiet("quiet", nullptr);
  const auto cuts = first.disk.cuts(0);
  for (std::size_t i = 0; i < cuts.size(); i += std::max<std::size_t>(cuts.size() / 8, 1)) {
    const Files files = first.disk.after_cut(cuts[i], Loss::some, seed() + cuts[i]);
    Directory copy, directory;
    write_files(copy.path, files);
    write_files(directory.path, files);
    Trial second(files, lines_of(*std::make_unique<SqliteArchive>(copy.path, small_options(quiet))));
    {
      PowerCutVfs vfs("recording", &second.disk);
      SqliteArchive archive(directory.path, small_options(vfs));
      std::mt19937_64 random(seed() + cuts[i]);
      Seq seq = archive.last_seq();
      for (int k = 0; k < 4; ++k) second.attempt(archive, make_batch(seq, random));
    }
    const Judgement judgement = cut_everywhere(second, 0, 1);
    EXPECT_EQ(judgement.bad, 0) << "cut at " << cuts[i] << " and again: " << judgement.first;
  }
}

// A disk that fails at times: commit() throws, the history has nothing of the batch, and later commits work.
TEST(PowerCut, AFailingDiskLosesNoCommittedEvent) {
  const int kinds[] = {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC};
  Trial trial;
  PowerCutVfs vfs("recording", &trial.disk);
  {
    Directory directory;
    std::mt19937_64 random(seed() + 2);
    SqliteArchive archive(directory.path, small_options(vfs));
    Lines expected;
    Seq seq = 0;
    int failures = 0;
    for (int i = 0; i < 90; ++i) {
      const int kind = random() % 3 == 0 ? kinds[random() % 3] : 0;
      vfs.fail_after = static_cast<int>(random() % 8);
      (kind == SQLITE_IOERR_FSYNC ? vfs.fail_sync : vfs.fail_write) = kind;
      try {
        trial.attempt(archive, make_batch(seq, random));
        for (auto& line : lines_of(trial.attempts.back())) expected.push_back(std::move(line));
      } catch (const chat::ArchiveError& error) {
        ++failures;
        ASSERT_NE(kind, 0) << error.what();
        const std::string words = error.what();
        EXPECT_NE(words.find(kind == SQLITE_FULL ? "free some space" : "look at the disk"), std::string::npos) << words;
      }
      vfs.fail_sync = vfs.fail_write = 0;
      ASSERT_EQ(lines_of(archive), expected) << "LOQUAT_SEED=" << seed();
    }
    EXPECT_GT(failures, 10);
  }
  const Judgement judgement = cut_everywhere(trial, 41, 1);
  EXPECT_EQ(judgement.bad, 0) << judgement.first;
}

}  // namespace
}  // namespace loquat::tests
