#include "codec/http1/request.h"

namespace loquat::codec {

bool HttpRequest::wants_upgrade(std::string_view protocol) const noexcept {
  return minor() == 1 && has_token("Connection", "upgrade") && has_token("Upgrade", protocol);
}

}  // namespace loquat::codec
