#include "archive/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "chat/archive.h"

namespace loquat::archive {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path, const char* remedy) {
  throw chat::ArchiveError(what + " " + path + ": " + std::strerror(errno) + "; " + remedy);
}

void sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  if (!ok && errno != EINVAL) fail("cannot make durable the directory", path, "look at the disk");
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Makes `path` and what is missing above it.
void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(parent_of(path));
  if (errno == ENOENT && parent_of(path) != path) {
    make_directory(parent_of(path));
    if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(parent_of(path));
  }
  struct stat info {};
  const int error = errno;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return;
  errno = error == EEXIST ? ENOTDIR : error;
  fail("cannot make the data directory", path, "give another one");
}

std::string read_owner(int fd) {
  char text[32] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  std::string owner(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!owner.empty() && owner.back() == '\n') owner.pop_back();
  return owner.empty() ? "another server" : "process " + owner;
}

}  // namespace

DataDirectory::DataDirectory(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  make_directory(path_);
  lock();
}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

void DataDirectory::lock() {
  const std::string name = path_ + "/lock";
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) fail("cannot open", name, "the data directory must belong to the user who runs the server");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string owner = read_owner(lock_);
    ::close(lock_);
    errno = error;
    if (error != EWOULDBLOCK) fail("cannot lock", name, "use a directory on a local disk");
    throw chat::ArchiveError("the data directory " + path_ + " is in use by " + owner +
                             "; stop that server or give another directory");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, pid.data(), pid.size(), 0) < 0) {
    // The number is for people to read. A disk that is full must not keep the server from showing the history.
  }
}

std::string DataDirectory::file(const std::string& name) const {
  std::string path = path_ + "/" + name;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) fail("cannot open", path, "the data directory must belong to the user who runs the server");
  ::close(fd);
  sync_directory(path_);
  return path;
}

}  // namespace loquat::archive
