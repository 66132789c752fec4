#include "wire/kernel/owners.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

namespace loquat::wire::kernel {
namespace {

namespace fs = std::filesystem;

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

void read_descriptors(pid_t pid, Owners& owners) {
  std::error_code error;
  fs::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd", error);
  if (error == std::errc::permission_denied) ++owners.hidden;
  std::string program = error ? "" : program_of(pid);
  while (!error && entries != fs::directory_iterator()) {
    std::error_code gone;  // a descriptor may be closed meanwhile
    std::string link = fs::read_symlink(entries->path(), gone).string();
    if (auto inode = gone ? std::nullopt : socket_inode(link)) {
      owners.by_inode[*inode].push_back(
          {pid, program, number_in<int>(entries->path().filename().string()).value_or(-1)});
    }
    entries.increment(error);
  }
}

}  // namespace

std::vector<pid_t> processes() {
  std::vector<pid_t> found;
  std::error_code error;
  fs::directory_iterator entries("/proc", error);
  while (!error && entries != fs::directory_iterator()) {
    if (auto pid = number_in<pid_t>(entries->path().filename().string())) found.push_back(*pid);
    entries.increment(error);
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

Owners find_owners() {
  Owners owners;
  for (pid_t pid : processes()) read_descriptors(pid, owners);
  return owners;
}

}  // namespace loquat::wire::kernel
