#include "power_cut_vfs.h"

#include <sqlite3.h>

#include <cstring>
#include <new>
#include <stdexcept>

namespace loquat::tests {
namespace {

struct File {
  sqlite3_file base;  // must be first: SQLite's handle points to it
  PowerCutVfs* owner;
  int number;     // in the model; 0: not recorded
  bool new_name;  // its first sync makes its name durable too, as the unix VFS does for logs and journals
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods* methods() { return real()->pMethods; }
  DiskModel* disk() { return number == 0 ? nullptr : owner->disk(); }
};

File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
PowerCutVfs& of(sqlite3_vfs* vfs) { return *static_cast<PowerCutVfs*>(vfs->pAppData); }
sqlite3_vfs* system_vfs() { return sqlite3_vfs_find("unix"); }
std::string base_name(const char* path) { return std::string(path).substr(std::string(path).rfind('/') + 1); }

int do_write(sqlite3_file* f, const void* data, int size, sqlite3_int64 offset) {
  File& file = of(f);
  const int failure = file.owner->fail_write;
  const bool fails = failure != SQLITE_OK && file.owner->fail_after.fetch_sub(1) <= 0;
  if (fails) size /= 2;
  const int code = file.methods()->xWrite(file.real(), data, size, offset);
  if (code == SQLITE_OK && file.disk() != nullptr) {
    file.disk()->write(file.number, static_cast<std::size_t>(offset),
                       std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)));
  }
  return fails ? failure : code;
}

int do_truncate(sqlite3_file* f, sqlite3_int64 size) {
  File& file = of(f);
  const int code = file.methods()->xTruncate(file.real(), size);
  if (code == SQLITE_OK && file.disk() != nullptr) file.disk()->truncate(file.number, static_cast<std::size_t>(size));
  return code;
}

int do_sync(sqlite3_file* f, int) {
  File& file = of(f);
  if (const int failure = file.owner->fail_sync; failure != SQLITE_OK) return failure;
  if (file.disk() == nullptr) return SQLITE_OK;
  file.disk()->sync(file.number);
  if (file.new_name) file.disk()->sync_names();
  file.new_name = false;
  return SQLITE_OK;
}

int do_close(sqlite3_file* f) { return of(f).methods()->xClose(of(f).real()); }
int do_read(sqlite3_file* f, void* data, int size, sqlite3_int64 offset) {
  return of(f).methods()->xRead(of(f).real(), data, size, offset);
}
int do_size(sqlite3_file* f, sqlite3_int64* size) { return of(f).methods()->xFileSize(of(f).real(), size); }
int do_lock(sqlite3_file* f, int level) { return of(f).methods()->xLock(of(f).real(), level); }
int do_unlock(sqlite3_file* f, int level) { return of(f).methods()->xUnlock(of(f).real(), level); }
int do_reserved(sqlite3_file* f, int* out) { return of(f).methods()->xCheckReservedLock(of(f).real(), out); }
int do_control(sqlite3_file* f, int op, void* argument) {
  return of(f).methods()->xFileControl(of(f).real(), op, argument);
}
int do_sector(sqlite3_file* f) { return of(f).methods()->xSectorSize(of(f).real()); }
int do_traits(sqlite3_file* f) { return of(f).methods()->xDeviceCharacteristics(of(f).real()); }
int do_shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return of(f).methods()->xShmMap(of(f).real(), page, size, extend, out);
}
int do_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return of(f).methods()->xShmLock(of(f).real(), offset, n, flags);
}
void do_shm_barrier(sqlite3_file* f) { of(f).methods()->xShmBarrier(of(f).real()); }
int do_shm_unmap(sqlite3_file* f, int remove) { return of(f).methods()->xShmUnmap(of(f).real(), remove); }

constexpr sqlite3_io_methods file_methods = {
    2,           do_close,       do_read,      do_write,   do_truncate, do_sync,   do_size,
    do_lock,     do_unlock,      do_reserved,  do_control, do_sector,   do_traits, do_shm_map,
    do_shm_lock, do_shm_barrier, do_shm_unmap, nullptr,    nullptr,
};

int do_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* f, int flags, int* flags_out) {
  auto* file = new (f) File{{nullptr}, &of(vfs), 0, (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0};
  const int code = system_vfs()->xOpen(system_vfs(), path, file->real(), flags, flags_out);
  if (file->methods() == nullptr) return code;
  file->base.pMethods = &file_methods;
  if (code == SQLITE_OK && path != nullptr && file->owner->disk() != nullptr) {
    file->number = file->owner->disk()->create(base_name(path));
  }
  return code;
}

int do_delete(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  const int code = system_vfs()->xDelete(system_vfs(), path, 0);
  if (code != SQLITE_OK || of(vfs).disk() == nullptr) return code;
  of(vfs).disk()->erase(base_name(path));
  if (sync_directory != 0) of(vfs).disk()->sync_names();
  return code;
}

}  // namespace

PowerCutVfs::PowerCutVfs(std::string name, DiskModel* disk) : name_(std::move(name)), disk_(disk) {
  vfs_ = new sqlite3_vfs(*system_vfs());
  vfs_->szOsFile = static_cast<int>(sizeof(File)) + system_vfs()->szOsFile;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->pNext = nullptr;
  vfs_->xOpen = do_open;
  vfs_->xDelete = do_delete;
  if (sqlite3_vfs_register(vfs_, 0) != SQLITE_OK) throw std::runtime_error("sqlite3_vfs_register failed");
}

PowerCutVfs::~PowerCutVfs() {
  sqlite3_vfs_unregister(vfs_);
  delete vfs_;
}

}  // namespace loquat::tests
