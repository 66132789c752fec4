#include "doors/operator/operator_key.h"

#include <algorithm>
#include <new>
#include <string>

#include "codec/text/utf8.h"

namespace loquat::doors {

bool matches_operator_key(const Context& context, std::string_view given) noexcept {
  const std::string_view key = context.options.operator_key;
  unsigned difference = key.size() == given.size() ? 0u : 1u;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(i < key.size() ? key[i] : 0);
  return difference == 0 && !key.empty();
}

bool has_form_of_operator_key(const Context& context, std::string_view given) noexcept {
  const std::string_view key = context.options.operator_key;
  return key.find('-') != key.npos &&
         std::equal(key.begin(), key.end(), given.begin(), given.end(),
                    [](char ours, char theirs) { return (ours == '-') == (theirs == '-'); });
}

bool is_operator_key(const Context& context, std::string_view given, std::string_view who) noexcept {
  if (matches_operator_key(context, given)) return true;
  if (context.sink == nullptr) return false;
  try {
    write_log(context.sink, LogLevel::warning, "wrong operator key from " + codec::sanitize_line(who));
  } catch (const std::bad_alloc&) {
    write_log(context.sink, LogLevel::warning, "wrong operator key");
  }
  return false;
}

}  // namespace loquat::doors
