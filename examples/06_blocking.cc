// 06_blocking.cc - chapter 6: counts the lines of files with std::ifstream, which blocks, on two threads.
//
//   build/release/bin/example_06_blocking README.md LICENSE
#include <cstddef>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/threadpool.h"

namespace {

int lines_of(const std::string& name) {
  std::ifstream file(name);
  if (!file) throw std::runtime_error("cannot read " + name);
  int lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  return lines;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> names(argv + 1, argv + argc);
  loquat::run([&] {
    // [blocking]
    loquat::ThreadPool disk(2);
    const auto counts = loquat::Pool(8).map(
        names, [&disk](const std::string& name) { return disk.apply([&name] { return lines_of(name); }); });
    // [/blocking]
    for (std::size_t i = 0; i < names.size(); ++i) std::cout << counts[i] << " " << names[i] << "\n";
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
