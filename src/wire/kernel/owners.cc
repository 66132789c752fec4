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

bool Owners::read_descriptors(pid_t pid, const std::string& directory) {
  Directory entries = open_directory(directory + "/fd");
  bool some = false;
  while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
    char link[64];  // a descriptor may be closed meanwhile
    ssize_t length = ::readlinkat(::dirfd(entries.get()), entry->d_name, link, sizeof(link));
    if (length <= 0) continue;
    some = true;
    auto inode = socket_inode({link, static_cast<std::size_t>(length)});
    if (inode) held_.push_back({*inode, pid, number_in<int>(entry->d_name).value_or(-1)});
  }
  return some;
}

// A process whose first thread has ended shows its descriptors at the other threads.
void Owners::read_process(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  const std::size_t before = held_.size();
  const bool may_have_threads = !read_descriptors(pid, directory) && state_of_process(pid) == 'Z';
  Directory threads = may_have_threads ? open_directory(directory + "/task") : Directory(nullptr, ::closedir);
  while (const dirent* entry = threads ? ::readdir(threads.get()) : nullptr) {
    auto thread = number_in<pid_t>(entry->d_name);
    if (thread && read_descriptors(pid, directory + "/task/" + std::to_string(*thread))) break;
  }
  if (held_.size() > before) processes_[pid] = {program_of(pid), state_of_process(pid)};
}

Owners Owners::find() {
  Owners found;
  for (pid_t pid : kernel::processes()) found.read_process(pid);
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

bool has_no_descriptor_left(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  std::ifstream limits(directory + "/limits");
  std::string line;
  while (std::getline(limits, line) && !line.starts_with("Max open files")) {
  }
  const std::size_t digits = line.find_first_of("0123456789");
  Directory entries = open_directory(directory + "/fd");
  if (!entries || digits == std::string::npos) return false;
  auto limit = number_in<long>(std::string_view(line).substr(digits, line.find(' ', digits) - digits));
  long used = -2;  // . and ..
  while (::readdir(entries.get()) != nullptr) ++used;
  return limit && used >= *limit;
}

std::string program_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace loquat::wire::kernel
