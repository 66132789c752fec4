// 06_programs.cc - chapter 6: runs a program once for each argument, four at a time, none for longer than ten seconds.
//
//   build/release/bin/example_06_programs sha256sum README.md LICENSE
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/subprocess.h"

using namespace std::chrono_literals;
namespace subprocess = loquat::subprocess;

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::cerr << "usage: " << argv[0] << " PROGRAM ARGUMENT...\n";
    return 2;
  }
  const std::string program = argv[1];
  const std::vector<std::string> words(argv + 2, argv + argc);

  loquat::run([&] {
    // [programs]
    loquat::Pool pool(4);
    const auto outputs = pool.map(words, [&program](const std::string& word) -> std::string {
      try {
        return subprocess::run({program, word}, {.capture_output = true, .timeout = 10s, .check = true}).std_out;
      } catch (const subprocess::SubprocessError& error) {  // a status other than 0, or too late
        return std::string(error.what()) + "\n" + error.std_err();
      }
    });
    // [/programs]
    for (const std::string& output : outputs) std::cout << output;
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
