// data_directory.h - the directory that one server owns: private to its user, and locked while the server runs.
//
//   Lock      flock(2) on DIR/lock, which holds the owner's process number. The lock ends with the process, even after
//             kill -9.
//   Errors    ArchiveError, in a sentence that says what to do.
//
// Layer: archive (docs/layers.txt).  Source: flock(2), docs/archive.md.
#pragma once

#include <string>

namespace loquat::archive {

class DataDirectory {
 public:
  // Creates the directory (mode 0700) and missing parents, syncs its name to disk, and locks it. Throws ArchiveError if
  // that fails or another server holds the lock.
  explicit DataDirectory(std::string path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }
  // Creates the file (empty, mode 0600) if it is missing, syncs its name to disk, and returns its path.
  std::string file(const std::string& name) const;

 private:
  void lock();
  std::string path_;
  int lock_ = -1;
};

}  // namespace loquat::archive
