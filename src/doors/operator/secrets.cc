#include "doors/operator/secrets.h"

#include "codec/irc/login.h"
#include "codec/text/chars.h"
#include "doors/operator/operator_key.h"

namespace loquat::doors {

bool tells_secret(const Context& context, std::string_view text) {
  const std::string_view words = codec::trim_spaces(text);
  return codec::is_stray_command(text) || matches_operator_key(context, words.substr(words.rfind(' ') + 1));
}

}  // namespace loquat::doors
