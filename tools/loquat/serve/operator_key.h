// operator_key.h - the key that makes a client an operator, kept in the data directory.
#pragma once

#include <string>

namespace loquat::tool {

// The key in DIRECTORY/operator-key (mode 0600), made from 100 random bits if the file is missing: "k7fd-9x2m-...".
// Throws std::runtime_error with a sentence for the user.
std::string operator_key(const std::string& directory);

}  // namespace loquat::tool
