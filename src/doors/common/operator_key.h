// operator_key.h - the secret that makes a client an operator: Options::operator_key, which `loquat serve --lan`
// prints.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string_view>

#include "doors/common/context.h"

namespace loquat::doors {

// Whether `given` is the key. Never if there is none. Takes as long for a near miss as for a wild guess; a wrong key is
// noted in the log, with `who` gave it.
bool is_operator_key(const Context& context, std::string_view given, std::string_view who) noexcept;

}  // namespace loquat::doors
