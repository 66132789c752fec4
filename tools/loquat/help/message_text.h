// message_text.h - messages for people, in their language.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "wire/text/language.h"

namespace loquat::tool {

// `english`, in `language` as far as messages.def has its parts: "a.pcap: Permission denied" keeps the name.
std::string message_text(wire::Language language, std::string_view english);

// Says which language complain() speaks from now on; English before. For main().
void set_message_language(wire::Language language) noexcept;
// Prints "loquat: " and the message on standard error, as one line without control characters.
void complain(std::string_view english);
// As complain(), for what is in that language already.
void complain_as_it_is(std::string_view message);

// A failure that is in that language already.
struct TranslatedError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace loquat::tool
