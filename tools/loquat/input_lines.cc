#include "input_lines.h"

#include <unistd.h>

#include <utility>

#include "loquat/file.h"

namespace loquat::tool {

constexpr std::size_t max_line = 1024 * 1024;

void each_input_line(const std::function<void(std::string)>& line) {
  File input(STDIN_FILENO);
  std::string pending;
  for (std::string piece; !(piece = input.read(64 * 1024)).empty();) {
    pending += piece;
    std::size_t start = 0;
    for (std::size_t end; (end = pending.find('\n', start)) != std::string::npos; start = end + 1) {
      line(pending.substr(start, end - start));
    }
    pending.erase(0, start);
    if (pending.size() > max_line) line(std::exchange(pending, {}));
  }
  if (!pending.empty()) line(pending);
}

}  // namespace loquat::tool
