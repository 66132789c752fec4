// cut_tools.h - what the tests of power cuts share: their seed, and directories for what a cut left.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "disk_model.h"

namespace loquat::tests {

// $LOQUAT_SEED, to run a failure again.
inline std::uint64_t seed() {
  const char* text = std::getenv("LOQUAT_SEED");
  return text == nullptr ? 20'240 : std::strtoull(text, nullptr, 10);
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
