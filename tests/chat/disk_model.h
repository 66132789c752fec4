// disk_model.h - what a disk holds after the power went: a journal of every operation on some files, and the files that
// may be left of them at any moment.
//
// The model is as hard as POSIX allows:
//   1. A write or truncation is certain to be there only after a sync of its file that came back. Before that it may be
//      there, or not, or some of its 512-byte sectors may, in any combination with others (Loss::some), or none (all).
//   2. A name that was made or deleted is certain only after a sync of the directory.
//
// Layer: tests.  Source: fsync(2), Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace loquat::tests {

using Files = std::map<std::string, std::string>;  // name in the directory, content

enum class Loss { all, some };

class DiskModel {
 public:
  // `initial`: what is safely there before the first operation.
  explicit DiskModel(Files initial = {});

  // The journal. Any thread.
  int create(const std::string& name);  // returns the file's number; the present one's if the name is there
  void erase(const std::string& name);
  void write(int file, std::size_t offset, std::string data);
  void truncate(int file, std::size_t size);
  void sync(int file);
  void sync_names();
  // A mark of the test's own: "commit of 17 has returned".
  void mark(std::uint64_t value);

  std::size_t size() const;
  // The places in the journal just before and just after each sync, and before every `stride`-th other operation.
  std::vector<std::size_t> cuts(std::size_t stride) const;

  // What is left if the power goes after the first `cut` operations.
  Files after_cut(std::size_t cut, Loss loss, std::uint64_t seed) const;
  // The values that were marked before `cut`.
  std::vector<std::uint64_t> marks(std::size_t cut) const;

 private:
  enum class Kind { create, erase, write, truncate, sync, sync_names, mark };
  struct Operation {
    Kind kind;
    int file = 0;
    std::uint64_t number = 0;  // offset, size or mark
    std::string text;          // data or name
  };
  struct Inode {
    std::string durable;
    std::vector<const Operation*> pending;
  };
  struct Replay;
  void add(Operation operation);

  Files initial_;
  mutable std::mutex mutex_;
  std::vector<Operation> journal_;
  std::map<std::string, int> names_;
  int files_ = 0;
};

}  // namespace loquat::tests
