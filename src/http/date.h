// date.h - the Date field, written once a second.
//
// Layer: http.  Source: RFC 9110 s.5.6.7, s.6.6.1.
#pragma once

#include <string>

namespace loquat::http {

// Appends "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n". The clock is read again when loquat::now() has passed to the next
// second.
void append_date(std::string& out);

}  // namespace loquat::http
