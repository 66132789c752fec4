// power_cut_vfs.h - a VFS under SQLite that tells a DiskModel of everything, and fails on demand.
//
// Files are real ones of the system's VFS, in whose directory the test works, so that locks and shared memory are real
// too. A sync is not passed on: what it means is the model's business.
//
// Layer: tests.  Source: sqlite.org/vfs.html, SQLite's test_vfs.c and test6.c.
#pragma once

#include <atomic>
#include <string>

#include "disk_model.h"

struct sqlite3_vfs;

namespace loquat::tests {

class PowerCutVfs {
 public:
  // Registers itself as `name`. Without a model it records nothing.
  PowerCutVfs(std::string name, DiskModel* disk);
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  const std::string& name() const noexcept { return name_; }

  // What writes and syncs return from now on: 0 (as they should), SQLITE_FULL, SQLITE_IOERR_WRITE, ... A write that
  // fails leaves its first half behind, as one on a full disk does. `fail_after` more writes succeed before.
  std::atomic<int> fail_write{0};
  std::atomic<int> fail_sync{0};
  std::atomic<int> fail_after{0};

  DiskModel* disk() const noexcept { return disk_; }

 private:
  std::string name_;
  DiskModel* disk_;
  sqlite3_vfs* vfs_;
};

}  // namespace loquat::tests
