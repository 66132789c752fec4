// disk_model.h - the files that a disk may have after a power cut: a journal of every operation, and the possible
// contents at each moment.
//
// The model loses as much as POSIX allows:
//   1. A write or truncation is durable once a sync of its file has returned. Before that, all, some or none of its
//      512-byte sectors may survive, in any combination with other writes (Loss::some); with Loss::all none survives.
//   2. A created or deleted name is durable once a sync of the directory has returned.
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
  // `initial`: the durable files before the first operation.
  explicit DiskModel(Files initial = {});

  // The journal. Any thread may call these.
  int create(const std::string& name);  // returns the number of the file, which may exist
  void erase(const std::string& name);
  void write(int file, std::size_t offset, std::string data);
  void truncate(int file, std::size_t size);
  void sync(int file);
  void sync_names();
  // Records a mark of the test: "commit 17 has returned".
  void mark(std::uint64_t value);

  std::size_t size() const;
  // The places in the journal just before and just after each sync, and before every `stride`-th other operation.
  std::vector<std::size_t> cuts(std::size_t stride) const;

  // The files that are left if the power fails after the first `cut` operations.
  Files after_cut(std::size_t cut, Loss loss, std::uint64_t seed) const;
  // The marks before `cut`.
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
