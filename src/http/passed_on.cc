#include "http/passed_on.h"

#include <algorithm>
#include <iterator>

#include "http/connection.h"

namespace loquat::http {

bool was_passed_on(const Request& request) noexcept {
  constexpr std::string_view signs[] = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"};
  if (Connection::of(request).told_client() != nullptr) return true;
  return std::any_of(std::begin(signs), std::end(signs), [&](auto name) { return request.has_header(name); });
}

}  // namespace loquat::http
