// c_string.h - what is handed to a C function as a string, which for that function ends at its first NUL.
//
// "evil.example\0.example.org" passes a check of its ending and means another host, another file.
//
// Layer: base (docs/layers.txt).  Source: CWE-626, Python's "embedded null character" (PyUnicode_FSConverter).
#pragma once

#include <string>
#include <string_view>

namespace loquat {

// text.c_str(), or std::invalid_argument if there is a NUL in it: "create_connection: a NUL in the host". `operation`
// is the user's call, `what` the argument. The text itself is not shown: it may be a password.
const char* c_string(const std::string& text, std::string_view operation, std::string_view what);
// A temporary would be gone before its pointer is used.
const char* c_string(std::string&& text, std::string_view operation, std::string_view what) = delete;

// Only the check. For strings that are handed on in another way.
void refuse_nul(std::string_view text, std::string_view operation, std::string_view what);

}  // namespace loquat
