// text.cc - fibers as lines.
#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "list/fibers.h"

namespace loquat::list {
namespace {

// Names come from the program, which may have them from a stranger.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string readable(Duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  char text[32];
  if (seconds < 1) {
    std::snprintf(text, sizeof text, "%.0f ms", seconds * 1e3);
  } else {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  }
  return text;
}

std::string kibibytes(std::size_t bytes) { return std::to_string((bytes + 1023) / 1024); }

std::string doing(const FiberInfo& fiber) {
  if (fiber.stack_size == 0) return "not begun";
  if (fiber.state == FiberInfo::State::running) return "running";
  if (fiber.state == FiberInfo::State::ready) return "ready";
  std::string text = fiber.call.empty() ? "waiting" : fiber.call;
  if (fiber.descriptor >= 0) text += " on " + std::to_string(fiber.descriptor);
  if (!fiber.addresses.empty()) text += " (" + printable(fiber.addresses) + ")";
  return text + " since " + readable(fiber.waited);
}

}  // namespace

std::string line_of(const FiberInfo& fiber) {
  std::string line = std::to_string(fiber.number) + " ";
  if (!fiber.name.empty()) line += printable(fiber.name) + ", ";
  line += fiber.spawned + ", on worker " + std::to_string(fiber.worker) + ", " + doing(fiber);
  if (fiber.stack_size == 0) return line;
  return line + ", stack " + kibibytes(fiber.stack_used) + " of " + kibibytes(fiber.stack_size) + " KiB";
}

std::string tree_of(const std::vector<FiberInfo>& fibers, std::size_t lines) {
  std::map<std::uint64_t, bool> known;
  for (const FiberInfo& each : fibers) known[each.number] = true;
  std::multimap<std::uint64_t, const FiberInfo*> children;  // by parent; 0: the parent has ended
  for (const FiberInfo& each : fibers) children.emplace(known.contains(each.parent) ? each.parent : 0, &each);

  std::string text;
  std::size_t written = 0;
  std::vector<std::pair<const FiberInfo*, std::size_t>> next;  // and its depth; the last is next
  const auto push_children = [&](std::uint64_t parent, std::size_t depth) {
    const auto [begin, end] = children.equal_range(parent);
    const auto first = static_cast<std::ptrdiff_t>(next.size());
    for (auto at = begin; at != end; ++at) next.emplace_back(at->second, depth);
    std::reverse(next.begin() + first, next.end());
  };
  push_children(0, 1);
  while (!next.empty() && written < lines) {
    const auto [fiber, depth] = next.back();
    next.pop_back();
    text += std::string(2 * std::min<std::size_t>(depth, 20), ' ') + line_of(*fiber) + "\n";
    ++written;
    push_children(fiber->number, depth + 1);
  }
  if (written < fibers.size()) text += "  and " + std::to_string(fibers.size() - written) + " more\n";
  return text;
}

}  // namespace loquat::list
