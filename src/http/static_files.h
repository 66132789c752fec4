// static_files.h - serves files embedded in the binary, with caching, compression and ETags.
//
//   #include "loquat_page.h"                                     // made by cmake/EmbedFiles.cmake
//   http::StaticFiles page(loquat_page::files(), {.csp = "default-src 'self'"});
//   if (!page.serve(request, response)) throw http::Error(404);
//
// True of every call in this file:
//   Caching   Every response has an ETag, and a matching If-None-Match gets 304. Clients may keep a file whose name
//             changes with its content for a year (`immutable`); they must revalidate any other each time.
//   Encoding  gzip is sent if the file has it and the client accepts it. Responses of such a file have Vary.
//   Lifetime  The table and all that it refers to must outlive the StaticFiles. Generated tables live for ever.
//   Threads   A StaticFiles is immutable; any number of workers may use one.
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
  // The file that "/", or a path that ends in "/", stands for.
  std::string index = "index.html";
  // Content-Security-Policy; empty for none.
  std::string csp = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
  // X-Content-Type-Options, Referrer-Policy, Cross-Origin-Opener-Policy and Cross-Origin-Resource-Policy.
  bool security_headers = true;
  // Further field lines for every response, each with its CR LF.
  std::string extra_lines;
};

class StaticFiles {
 public:
  // `files` are sorted by path. Throws std::invalid_argument if they are not.
  explicit StaticFiles(std::span<const EmbeddedFile> files, const StaticOptions& options = {});

  // Responds if the request names one of the files: with 200, 304, or 405 for a method other than GET and HEAD.
  // Otherwise returns false and does not touch the response.
  bool serve(const Request& request, Response& response) const;

  // Returns nullptr if there is no such file. `path` is not decoded, so each file has one name.
  const EmbeddedFile* find(std::string_view path) const noexcept;

 private:
  // A file with the field lines of its responses, written once.
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

// For responses that are no page: browsers run, frame, sniff and cache nothing of them, and other sites cannot read
// them.
void add_strict_headers(Response& response);

// Whether this Accept-Encoding accepts gzip, by name or by '*', with a q above 0.
// Source: RFC 9110 s.12.5.3.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace loquat::http
