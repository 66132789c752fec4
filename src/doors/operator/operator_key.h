// operator_key.h - the secret that makes a client an operator: Options::operator_key, which `loquat serve --lan`
// prints.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string_view>

#include "doors/common/context.h"

namespace loquat::doors {

// Whether `given` is the key; false if the server has none. Takes equally long for every wrong key of one length.
bool matches_operator_key(const Context& context, std::string_view given) noexcept;

// Whether `given` is as long as the key and has its dashes, of which there are some, in the same places: it is meant
// for the key.
bool has_form_of_operator_key(const Context& context, std::string_view given) noexcept;

// The same for somebody who asks to be an operator: logs a wrong key together with `who`.
bool is_operator_key(const Context& context, std::string_view given, std::string_view who) noexcept;

}  // namespace loquat::doors
