#include "codec/http1_head.h"

#include <algorithm>

namespace loquat::codec {
namespace {

constexpr char fold(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool http_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return fold(x) == fold(y); });
}

bool http_list_has(std::string_view list, std::string_view token) noexcept {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (http_equal(trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

std::optional<std::string_view> HttpHead::find(std::string_view name) const noexcept {
  for (const HttpField& field : fields_) {
    if (http_equal(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string_view HttpHead::get(std::string_view name) const noexcept { return find(name).value_or(std::string_view()); }

bool HttpHead::has_token(std::string_view name, std::string_view token) const noexcept {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const HttpField& f) { return http_equal(f.name, name) && http_list_has(f.value, token); });
}

void HttpHead::clear() noexcept {
  buffer_.clear();
  fields_.clear();
  minor_ = 1;
  keep_alive_ = false;
  body_ = HttpBody::none;
  content_length_ = 0;
}

}  // namespace loquat::codec
