// static_files.h - files that are part of the binary, served as a browser likes them: cached, compressed, checked by
// tag.
//
//   #include "loquat_page.h"                                     // made by cmake/EmbedFiles.cmake
//   http::StaticFiles page(loquat_page::files(), {.csp = "default-src 'self'"});
//   if (!page.serve(request, response)) throw http::Error(404);
//
// True of every call in this file:
//   Caching   Every answer has an ETag, and If-None-Match is answered with 304. A file whose name changes with its
//             content may be kept for a year (`immutable`), any other is asked for again each time.
//   Encoding  gzip is sent where it was found to pay and the client takes it. Then and otherwise: Vary.
//   Lifetime  The table and all that it refers to outlive the StaticFiles: generated tables live for ever.
//   Threads   A StaticFiles does not change: any number of workers may use one.
//
// Layer: http (docs/layers.txt).  Source: RFC 9110 s.8.8.3, s.12.5.3, s.13.1.2; RFC 9111; RFC 8246.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded_file.h"
#include "loquat/http.h"

namespace loquat::http {

struct StaticOptions {
  // What "/" and a path that ends in "/" mean.
  std::string index = "index.html";
  // Content-Security-Policy; empty for none.
  std::string csp = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
  // X-Content-Type-Options, Referrer-Policy, Cross-Origin-Opener-Policy and Cross-Origin-Resource-Policy.
  bool security_headers = true;
  // Further lines for every answer, each with its CR LF.
  std::string extra_lines;
};

class StaticFiles {
 public:
  // `files` are sorted by path. Throws std::invalid_argument if they are not.
  explicit StaticFiles(std::span<const EmbeddedFile> files, const StaticOptions& options = {});

  // Answers the request if it names one of the files: 200, 304, or 405 for what is neither GET nor HEAD. Else returns
  // false and leaves the response alone.
  bool serve(const Request& request, Response& response) const;

  // nullptr if there is none. `path` as in a request: not decoded, so that a file has one name.
  const EmbeddedFile* find(std::string_view path) const noexcept;

 private:
  // A file with the lines of its answers, written once.
  struct Entry {
    const EmbeddedFile* file;
    std::string plain_tag, gzip_tag;      // with quotes
    std::string plain_lines, gzip_lines;  // each with its CR LF
  };
  const Entry* find_entry(std::string_view path) const noexcept;
  void send(const Entry& entry, const Request& request, Response& response) const;

  std::vector<Entry> entries_;
  std::string index_;
};

// For answers that are no page: nothing in them is run or framed, nothing is guessed, kept or read by another site.
void add_strict_headers(Response& response);

// Whether a client that sent this Accept-Encoding takes gzip: named, or covered by '*', with a q above 0.
// Source: RFC 9110 s.12.5.3.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

// Whether If-None-Match holds `tag` (with its quotes), compared weakly, or is '*'. Source: RFC 9110 s.8.8.3.2,
// s.13.1.2.
bool etag_matches(std::string_view if_none_match, std::string_view tag) noexcept;

}  // namespace loquat::http
