// write.h - writes HTTP/1.1 heads and chunks into a string.
//
// True of every call in this file:
//   Output    Appended to a string that the caller owns, keeps and reuses; bytes before are left alone.
//   Injection What would end a line or a head throws std::invalid_argument before it is appended: CR, LF, NUL and other
//             control characters (tab aside) in a value; anything but a token in a name or method; a space or control
//             character in a target.
//   Framing   The caller chooses Content-Length or chunked, and says so in a field.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112 s.3, s.4, s.5, s.7.1; RFC 9110 s.5.6.7, s.15.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace loquat::codec {

// Writes one head: the start line in the constructor, then fields, then end().
//
//   HttpWriter(out, 200).field("Content-Type", "text/plain").field("Content-Length", 5).end();
class HttpWriter {
 public:
  // A response's status line. Throws std::invalid_argument if `status` is not 100 to 599.
  HttpWriter(std::string& out, int status);
  // A request's line.
  HttpWriter(std::string& out, std::string_view method, std::string_view target);

  HttpWriter& field(std::string_view name, std::string_view value);
  HttpWriter& field(std::string_view name, std::uint64_t number);
  // Appends field lines that were written before, each with its CR LF: for fields that never change. Not checked.
  HttpWriter& prepared(std::string_view lines);
  // Appends the empty line.
  void end() { out_ += "\r\n"; }

 private:
  std::string& out_;
};

// "OK" for 200, ...; "Unknown" for a status that IANA's registry does not have.
std::string_view http_reason(int status) noexcept;

// Appends one chunk. Nothing for empty data, which would end the body.
void append_chunk(std::string& out, std::string_view data);
// Appends the chunk that ends the body.
void append_last_chunk(std::string& out);

// `time` as IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". Costs about 100 ns: keep it for the second that it lasts.
std::string http_date(std::chrono::sys_seconds time);

}  // namespace loquat::codec
