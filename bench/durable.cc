// durable.cc - lines per second that SqliteArchive makes durable, by the size of the commit.
//
//   bench_durable DIR SECONDS       prints "BATCH LINES_PER_SECOND CPU_NS_PER_LINE" for batches of 1, 10 and 100
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "archive/sqlite_archive.h"

namespace {

using loquat::chat::ChatEvent;
using loquat::chat::Seq;

double seconds(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::vector<ChatEvent> lines(std::size_t count) {
  ChatEvent line;
  line.room = "#lobby";
  line.nick = "somebody";
  line.text = "a line of ordinary length, as people write them when they talk to one another";
  return std::vector<ChatEvent>(count, line);
}

// Commits batches for `time` seconds; `seq` is the last number used.
void measure(loquat::chat::Archive& archive, std::size_t batch, double time, Seq& seq) {
  auto events = lines(batch);
  const double began = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  std::size_t done = 0;
  double now = began;
  for (; now < began + time; now = seconds(CLOCK_MONOTONIC)) {
    const auto stamp = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    for (auto& event : events) {
      event.seq = ++seq;
      event.time = stamp;
    }
    archive.commit(events, seq);
    done += batch;
  }
  const double count = static_cast<double>(done);
  std::printf("%zu %.0f %.0f\n", batch, count / (now - began), 1e9 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / count);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_durable DIR SECONDS\n");
    return 2;
  }
  loquat::archive::SqliteArchive archive(argv[1]);
  Seq seq = archive.last_seq();
  for (const std::size_t batch : {1, 10, 100}) measure(archive, batch, std::atof(argv[2]), seq);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
