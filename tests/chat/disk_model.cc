#include "disk_model.h"

#include <algorithm>

namespace loquat::tests {
namespace {

constexpr std::size_t sector = 512;

void put(std::string& content, std::size_t offset, std::string_view data) {
  if (content.size() < offset + data.size()) content.resize(offset + data.size());
  content.replace(offset, data.size(), data);
}

}  // namespace

DiskModel::DiskModel(Files initial) : initial_(std::move(initial)) {
  for (const auto& [name, content] : initial_) names_[name] = ++files_;
}

int DiskModel::create(const std::string& name) {
  std::lock_guard lock(mutex_);
  const auto [entry, fresh] = names_.emplace(name, files_ + 1);
  if (fresh) journal_.push_back({Kind::create, ++files_, 0, name});
  return entry->second;
}

void DiskModel::erase(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (names_.erase(name) != 0) journal_.push_back({Kind::erase, 0, 0, name});
}

void DiskModel::write(int file, std::size_t offset, std::string data) {
  add({Kind::write, file, offset, std::move(data)});
}
void DiskModel::truncate(int file, std::size_t size) { add({Kind::truncate, file, size, {}}); }
void DiskModel::sync(int file) { add({Kind::sync, file, 0, {}}); }
void DiskModel::sync_names() { add({Kind::sync_names, 0, 0, {}}); }
void DiskModel::mark(std::uint64_t value) { add({Kind::mark, 0, value, {}}); }

void DiskModel::add(Operation operation) {
  std::lock_guard lock(mutex_);
  journal_.push_back(std::move(operation));
}

std::size_t DiskModel::size() const {
  std::lock_guard lock(mutex_);
  return journal_.size();
}

std::vector<std::size_t> DiskModel::cuts(std::size_t stride) const {
  std::lock_guard lock(mutex_);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < journal_.size(); ++i) {
    const Kind kind = journal_[i].kind;
    if (kind == Kind::sync || kind == Kind::sync_names) {
      out.push_back(i);
      out.push_back(i + 1);
    } else if (stride != 0 && i % stride == 0) {
      out.push_back(i);
    }
  }
  out.push_back(journal_.size());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::uint64_t> DiskModel::marks(std::size_t cut) const {
  std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < cut; ++i) {
    if (journal_[i].kind == Kind::mark) out.push_back(journal_[i].number);
  }
  return out;
}

// The state of the disk while the journal is replayed.
struct DiskModel::Replay {
  std::map<std::string, int> live;     // names as a process sees them
  std::map<std::string, int> durable;  // names after the last sync of the directory
  std::map<int, Inode> inodes;

  explicit Replay(const Files& initial) {
    int file = 0;
    for (const auto& [name, content] : initial) {
      live[name] = ++file;
      inodes[file].durable = content;
    }
    durable = live;
  }

  void play(const Operation& op) {
    switch (op.kind) {
      case Kind::create:
        live[op.text] = op.file;
        break;
      case Kind::erase:
        live.erase(op.text);
        break;
      case Kind::write:
      case Kind::truncate:
        inodes[op.file].pending.push_back(&op);
        break;
      case Kind::sync:
        settle(inodes[op.file]);
        break;
      case Kind::sync_names:
        durable = live;
        break;
      case Kind::mark:
        break;
    }
  }

  static void apply(std::string& content, const Operation& op) {
    if (op.kind == Kind::truncate)
      content.resize(op.number);
    else
      put(content, op.number, op.text);
  }

  static void settle(Inode& inode) {
    for (const Operation* op : inode.pending) apply(inode.durable, *op);
    inode.pending.clear();
  }

  // Each sector of an unsynced write survives with probability 1/2.
  static void keep_some(std::string& content, const Operation& op, std::mt19937_64& random) {
    if (op.kind == Kind::truncate) {
      if (random() % 2 != 0) content.resize(op.number);
      return;
    }
    const std::string_view data(op.text);
    for (std::size_t from = 0; from < data.size();) {
      const std::size_t to = std::min(data.size(), (op.number + from) / sector * sector + sector - op.number);
      if (random() % 2 != 0) put(content, op.number + from, data.substr(from, to - from));
      from = to;
    }
  }
};

Files DiskModel::after_cut(std::size_t cut, Loss loss, std::uint64_t seed) const {
  std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  Replay disk(initial_);
  for (std::size_t i = 0; i < cut; ++i) disk.play(journal_[i]);
  auto names = disk.durable;
  if (loss == Loss::some) {
    for (const auto& [name, file] : disk.live) {
      if (random() % 2 != 0) names[name] = file;
    }
    std::erase_if(names, [&](const auto& entry) { return !disk.live.contains(entry.first) && random() % 2 != 0; });
  }
  Files files;
  for (const auto& [name, file] : names) {
    std::string content = disk.inodes[file].durable;
    if (loss == Loss::some) {
      for (const Operation* op : disk.inodes[file].pending) Replay::keep_some(content, *op, random);
    }
    files[name] = std::move(content);
  }
  return files;
}

}  // namespace loquat::tests
