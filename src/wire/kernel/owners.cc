#include "wire/kernel/owners.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>

namespace loquat::wire::kernel {
namespace {

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

Directory open_directory(const std::string& path) { return {::opendir(path.c_str()), ::closedir}; }

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "socket:[12345]"
std::optional<std::uint64_t> socket_inode(std::string_view link) {
  if (link.substr(0, 8) != "socket:[" || link.back() != ']') return std::nullopt;
  return number_in<std::uint64_t>(link.substr(8, link.size() - 9));
}

// The third field of /proc/PID/stat; the second, a name in parentheses, may hold anything.
char state_of_process(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  std::size_t name_end = line.rfind(") ");
  return name_end == std::string::npos || name_end + 2 >= line.size() ? '\0' : line[name_end + 2];
}

}  // namespace

void Owners::read_descriptors(pid_t pid) {
  Directory entries = open_directory("/proc/" + std::to_string(pid) + "/fd");
  if (!entries) return;
  const std::size_t before = held_.size();
  while (const dirent* entry = ::readdir(entries.get())) {
    char link[64];  // a descriptor may be closed meanwhile
    ssize_t length = ::readlinkat(::dirfd(entries.get()), entry->d_name, link, sizeof(link));
    auto inode = length > 0 ? socket_inode({link, static_cast<std::size_t>(length)}) : std::nullopt;
    if (inode) held_.push_back({*inode, pid, number_in<int>(entry->d_name).value_or(-1)});
  }
  if (held_.size() > before) processes_[pid] = {program_of(pid), state_of_process(pid)};
}

Owners Owners::find() {
  Owners found;
  for (pid_t pid : kernel::processes()) found.read_descriptors(pid);
  auto key = [](const Held& each) { return std::tuple(each.inode, each.pid, each.descriptor); };
  std::sort(found.held_.begin(), found.held_.end(), [key](auto& a, auto& b) { return key(a) < key(b); });
  return found;
}

std::vector<Owner> Owners::of(std::uint64_t inode) const {
  std::vector<Owner> found;
  auto at =
      std::lower_bound(held_.begin(), held_.end(), inode, [](auto& held, auto asked) { return held.inode < asked; });
  for (; inode != 0 && at != held_.end() && at->inode == inode; ++at) {
    const Process& process = processes_.at(at->pid);
    found.push_back({at->pid, process.program, at->descriptor, process.state});
  }
  return found;
}

std::vector<pid_t> processes() {
  std::vector<pid_t> found;
  Directory entries = open_directory("/proc");
  while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
    if (auto pid = number_in<pid_t>(entry->d_name)) found.push_back(*pid);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string program_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace loquat::wire::kernel
