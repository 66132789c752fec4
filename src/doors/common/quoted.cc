#include "doors/common/quoted.h"

#include <algorithm>

#include "codec/text/utf8.h"

namespace loquat::doors {
namespace {

constexpr std::string_view own_mark = "Quit: ";

}  // namespace

std::string own_quit(std::string_view words, std::size_t max_size) {
  const std::size_t rest = max_size - std::min(max_size, own_mark.size());
  return std::string(own_mark) + std::string(words.substr(0, codec::utf8_cut(words, rest)));
}

std::string shown_quit(std::string_view text) {
  return text.starts_with(own_mark) ? quoted(text.substr(own_mark.size())) : codec::sanitize_line(text);
}

std::string quoted(std::string_view words) {
  std::string text = codec::sanitize_line(words);
  std::replace(text.begin(), text.end(), '"', '\'');
  return '"' + text + '"';
}

}  // namespace loquat::doors
