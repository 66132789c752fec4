// conditions.h - conditional requests and requests for a part: what If-Match, If-None-Match, the dates, Range and
// If-Range ask of one representation.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9110 s.5.6.7, s.8.8, s.13, s.14.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/http1/head.h"

namespace loquat::codec {

// Reads a date in any of the three forms of HTTP: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" and
// "Sun Nov  6 08:49:37 1994". A year of two digits is one from 1970 to 2069. The name of the day is not checked.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) noexcept;

// What tells one version of a representation from another.
struct Validators {
  std::string_view etag;                             // strong, with its quotes
  std::optional<std::chrono::sys_seconds> modified;  // as sent in Last-Modified; nothing if none is sent
};

// How tags are compared: weakly "W/" counts for nothing; strongly a tag with it equals none.
enum class TagComparison : std::uint8_t { weak, strong };

// Whether a list of tags holds `tag` (with its quotes), or is '*'.
bool etag_matches(std::string_view list, std::string_view tag, TagComparison how = TagComparison::weak) noexcept;

// What the conditions of a GET or HEAD for it ask for: to go on, 304, or 412.
enum class Conditions : std::uint8_t { proceed, not_modified, failed };
Conditions check_conditions(const HttpHead& head, const Validators& validators) noexcept;

// The bytes that a GET asks for.
struct Part {
  enum Kind : std::uint8_t { whole, part, unsatisfiable };
  Kind kind = whole;
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
// Of a representation of `size` bytes, for a Range. It is the whole one for a Range that is malformed or of another
// unit, and for several ranges: a client that asks for many small ones gains nothing. Every number of digits is read;
// no length overflows.
Part part_of(std::string_view range, std::uint64_t size) noexcept;
// Of the request `head`. The Range does not count if it comes twice, or with an If-Range that is not these validators.
// As a date does not tell two versions of one second apart, Last-Modified is believed only from the second after it on.
Part requested_part(const HttpHead& head, std::uint64_t size, const Validators& validators,
                    std::chrono::sys_seconds now) noexcept;

}  // namespace loquat::codec
