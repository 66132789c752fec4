// cut_tools.h - shared by the power cut tests: the seed, and directories for the files after a cut.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "archive/sqlite_archive.h"
#include "disk_model.h"
#include "power_cut_vfs.h"

namespace loquat::tests {

// Takes $LOQUAT_SEED, to repeat a failure.
inline std::uint64_t seed() {
  const char* text = std::getenv("LOQUAT_SEED");
  return text == nullptr ? 20'240 : std::strtoull(text, nullptr, 10);
}

// Small limits, so that a short run has many checkpoints and restarts the write-ahead log many times.
inline archive::SqliteOptions small_options(const PowerCutVfs& vfs, bool durable = true) {
  archive::SqliteOptions o;
  o.vfs = vfs.name();
  o.durable = durable;
  o.readers = 1;
  o.checkpoint_pages = 12;
  o.wal_pages = 30;
  return o;
}

struct Directory {
  Directory() {
    const bool memory = std::filesystem::is_directory("/dev/shm");  // nothing here needs a real disk
    std::string pattern = (memory ? "/dev/shm/" : testing::TempDir()) + "loquat-cut-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path = pattern;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

inline void write_files(const std::string& directory, const Files& files) {
  for (const auto& [name, content] : files) std::ofstream(directory + "/" + name, std::ios::binary) << content;
}

}  // namespace loquat::tests
