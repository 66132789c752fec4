// data_directory.h - the directory that one server owns: made for its user alone, and locked while the server runs.
//
//   Lock      flock(2) on DIR/lock, which holds the owner's process number. It goes with the process, kill -9 included.
//   Errors    ArchiveError, in a sentence that says what to do.
//
// Layer: archive (docs/layers.txt).  Source: flock(2), docs/archive.md.
#pragma once

#include <string>

namespace loquat::archive {

class DataDirectory {
 public:
  // Makes the directory (mode 0700) and those above it if they are missing, makes its name durable, and locks it.
  // Throws ArchiveError if that is impossible or another server has it.
  explicit DataDirectory(std::string path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }
  // Makes an empty file of mode 0600 if it is missing, makes its name durable, and returns its path.
  std::string file(const std::string& name) const;

 private:
  void lock();
  std::string path_;
  int lock_ = -1;
};

}  // namespace loquat::archive
