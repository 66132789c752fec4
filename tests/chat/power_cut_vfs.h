// power_cut_vfs.h - an SQLite VFS that reports every operation to a DiskModel, and fails on demand.
//
// The files are real files of the system's VFS, so that locks and shared memory work. A sync is not passed to the
// system; only the model records it.
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
  // Registers the VFS as `name`. Without a model it records nothing.
  PowerCutVfs(std::string name, DiskModel* disk);
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  const std::string& name() const noexcept { return name_; }

  // Sets the result of writes and syncs: 0 (success), SQLITE_FULL, SQLITE_IOERR_WRITE, ... The next `fail_after` writes
  // still succeed. A failing write leaves its first half in the file, as on a full disk.
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
