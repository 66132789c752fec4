#include "codec/http1/head.h"

#include <algorithm>

#include "codec/text/chars.h"

namespace loquat::codec {
bool http_equal(std::string_view a, std::string_view b) noexcept { return equal_ignoring_case(a, b); }

bool http_list_has(std::string_view list, std::string_view token) noexcept {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (http_equal(trim_spaces(list.substr(0, comma)), token)) return true;
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
