// 06_walk.cc - chapter 6: counts the files below a folder with four fibers. A JoinableQueue knows when the last folder
// has been dealt with, although each one may bring new ones; a Semaphore limits what is open at once.
//
//   build/release/bin/example_06_walk docs
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <vector>

#include "loquat/group.h"
#include "loquat/queue.h"
#include "loquat/run.h"
#include "loquat/sync.h"

namespace fs = std::filesystem;

int main(int argc, char** argv) try {
  const fs::path top = argc > 1 ? argv[1] : ".";
  loquat::run([&] {
    std::size_t files = 0, visited = 0;
    // [walk]
    loquat::JoinableQueue<fs::path> folders;
    loquat::Semaphore open(2);
    const auto list = [&open](const fs::path& folder) {
      open.acquire();
      auto entries = loquat::offload([&] {  // reading a folder blocks
        std::vector<fs::directory_entry> found;
        for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry);
        return found;
      });
      open.release();
      return entries;
    };
    loquat::Group walkers;
    for (int i = 0; i < 4; ++i) {
      walkers.spawn([&] {
        for (const fs::path& folder : folders) {
          for (const auto& entry : list(folder)) entry.is_directory() ? (void)folders.put(entry.path()) : (void)++files;
          ++visited;
          folders.task_done();
        }
      });
    }
    folders.put(top);
    folders.join();  // as many task_done() as put()
    folders.close();
    walkers.join();
    // [/walk]
    std::cout << files << " files in " << visited << " folders\n";
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
