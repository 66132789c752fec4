// 06_dialogue.cc - chapter 6: a program that stays, and answers one question after the other: sh, which adds.
//
//   build/release/bin/example_06_dialogue "2 3" "40 2"
#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "loquat/run.h"
#include "loquat/subprocess.h"
#include "loquat/timeout.h"

using namespace std::chrono_literals;
namespace subprocess = loquat::subprocess;

namespace {

// One line of what the program writes, without its end.
std::string line_of(subprocess::Popen& program) {
  std::string line;
  for (std::string piece; !line.ends_with('\n'); line += piece) {
    piece = program.std_out().read(1000);
    if (piece.empty()) throw std::runtime_error("the calculator has ended");
  }
  return line.substr(0, line.size() - 1);
}

}  // namespace

int main(int argc, char** argv) try {
  loquat::run([&] {
    // [dialogue]
    subprocess::Popen calculator({"sh", "-c", "while read -r a b; do echo $((a + b)); done"},
                                 {.std_in = subprocess::PIPE, .std_out = subprocess::PIPE});
    for (int i = 1; i < argc; ++i) {
      const loquat::Timeout limit(10s, "the calculator");
      calculator.write(std::string(argv[i]) + "\n");
      std::cout << argv[i] << " -> " << line_of(calculator) << "\n";
    }
    calculator.close_stdin();
    std::cout << "exit status " << calculator.wait() << "\n";
    // [/dialogue]
  });  // without wait() the destructor would kill it
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
