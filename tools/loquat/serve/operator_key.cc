#include "operator_key.h"

#include <fcntl.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fmt/core.h>

#include "loquat/file.h"

namespace loquat::tool {
namespace {

constexpr std::size_t groups = 5, group = 4;

std::string make_key() {
  unsigned char random[groups * group];
  if (::getrandom(random, sizeof random, 0) != sizeof random) throw std::system_error(errno, std::generic_category());
  std::string key;
  for (std::size_t i = 0; i < sizeof random; ++i) {
    if (i % group == 0 && i != 0) key += '-';
    key += "abcdefghijkmnpqrstuvwxyz23456789"[random[i] % 32];  // no l and 1, no o and 0
  }
  return key;
}

}  // namespace

std::string operator_key(const std::string& directory) {
  const std::string path = directory + "/operator-key";
  try {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) throw std::system_error(errno, std::generic_category());
    File file(fd, File::own);
    std::string key = file.read(256);
    key.erase(std::min(key.find_first_of("\r\n"), key.size()));
    if (!key.empty()) return key;
    key = make_key();
    file.write(key + "\n");
    return key;
  } catch (const std::system_error& e) {
    throw std::runtime_error(fmt::format("the operator's key in {}: {}", path, e.code().message()));
  }
}

}  // namespace loquat::tool
