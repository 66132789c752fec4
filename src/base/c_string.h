// c_string.h - strings for C functions, which stop reading at the first NUL.
//
// "evil.example\0.example.org" passes a check of its ending, but a C function takes it for another host or file.
//
// Layer: base (docs/layers.txt).  Source: CWE-626, Python's "embedded null character" (PyUnicode_FSConverter).
#pragma once

#include <string>
#include <string_view>

namespace loquat {

// Returns text.c_str(). Throws std::invalid_argument if the text contains a NUL: "create_connection: a NUL in the
// host". `operation` is the user's call, `what` the argument. The message leaves out the text: it may be a password.
const char* c_string(const std::string& text, std::string_view operation, std::string_view what);
// A temporary would be destroyed before its pointer is used.
const char* c_string(std::string&& text, std::string_view operation, std::string_view what) = delete;

// Only checks: for strings that reach the C function in another way.
void refuse_nul(std::string_view text, std::string_view operation, std::string_view what);

}  // namespace loquat
