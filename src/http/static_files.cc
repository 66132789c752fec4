#include "http/static_files.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "codec/http1/conditions.h"
#include "codec/http1/head.h"
#include "codec/http1/write.h"
#include "http/connection.h"

namespace loquat::http {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Removes the part before the next `separator` from the front of `text` and returns it.
std::string_view next_part(std::string_view& text, char separator) noexcept {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim(part);
}

// True unless the parameters say q=0, q=0.0, q=0.00 or q=0.000.
bool above_zero(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::string_view parameter = next_part(parameters, ';');
    if (parameter.size() < 3 || !codec::http_equal(parameter.substr(0, 2), "q=")) continue;
    return parameter.substr(2).find_first_not_of("0.") != std::string_view::npos;
  }
  return true;
}

// The field lines of every response for `file`, except its ETag.
std::string common_lines(const EmbeddedFile& file, const StaticOptions& options) {
  std::string head;
  codec::HttpWriter writer(head, 200);
  const std::size_t start = head.size();
  writer.field("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!file.gzip.empty()) writer.field("Vary", "Accept-Encoding");
  if (!options.csp.empty()) writer.field("Content-Security-Policy", options.csp);
  if (options.security_headers) {
    writer.field("X-Content-Type-Options", "nosniff").field("Referrer-Policy", "no-referrer");
    writer.field("Cross-Origin-Opener-Policy", "same-origin").field("Cross-Origin-Resource-Policy", "same-origin");
  }
  writer.prepared(options.extra_lines);
  return head.substr(start);
}

}  // namespace

void add_strict_headers(Response& response) {
  response.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
  response.header("X-Content-Type-Options", "nosniff").header("Referrer-Policy", "no-referrer");
  response.header("Cross-Origin-Resource-Policy", "same-origin").header("Cache-Control", "no-store");
}

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  std::optional<bool> named;
  bool any = false;
  while (!accept_encoding.empty()) {
    std::string_view item = next_part(accept_encoding, ',');
    const std::string_view coding = next_part(item, ';');
    if (codec::http_equal(coding, "gzip") || codec::http_equal(coding, "x-gzip")) named = above_zero(item);
    if (coding == "*") any = above_zero(item);
  }
  return named.value_or(any);
}

StaticFiles::StaticFiles(std::span<const EmbeddedFile> files, const StaticOptions& options) : index_(options.index) {
  if (!std::is_sorted(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; })) {
    throw std::invalid_argument("static files must be sorted by path");
  }
  entries_.reserve(files.size());
  for (const EmbeddedFile& file : files) {
    Entry entry{&file, '"' + std::string(file.etag) + '"', '"' + std::string(file.etag) + "-gz\"", {}, {}};
    const std::string lines = common_lines(file, options);
    entry.plain_lines = "ETag: " + entry.plain_tag + "\r\n" + lines;
    entry.gzip_lines = "ETag: " + entry.gzip_tag + "\r\n" + lines;
    entries_.push_back(std::move(entry));
  }
}

const StaticFiles::Entry* StaticFiles::find_entry(std::string_view path) const noexcept {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const Entry& entry, std::string_view name) { return entry.file->path < name; });
  return found != entries_.end() && found->file->path == path ? &*found : nullptr;
}

const EmbeddedFile* StaticFiles::find(std::string_view path) const noexcept {
  const Entry* entry = find_entry(path);
  return entry != nullptr ? entry->file : nullptr;
}

bool StaticFiles::serve(const Request& request, Response& response) const {
  const std::string_view path = request.path();
  const Entry* entry = path.ends_with('/') ? find_entry(std::string(path) + index_) : find_entry(path);
  if (entry == nullptr) return false;
  if (request.method() == "GET" || request.method() == "HEAD") {
    send(*entry, request, response);
  } else {
    response.status(405).header("Allow", "GET, HEAD").send("405 Method Not Allowed\n");
  }
  return true;
}

void StaticFiles::send(const Entry& entry, const Request& request, Response& response) const {
  const EmbeddedFile& file = *entry.file;
  const bool gzip = !file.gzip.empty() && accepts_gzip(request.header("Accept-Encoding"));
  Connection& connection = Connection::of(response);
  connection.add_fields(gzip ? entry.gzip_lines : entry.plain_lines);
  if (codec::etag_matches(request.header("If-None-Match"), gzip ? entry.gzip_tag : entry.plain_tag)) {
    response.status(304).send();
    return;
  }
  response.content_type(file.content_type);
  if (gzip) connection.add_fields("Content-Encoding: gzip\r\n");
  response.send(gzip ? file.gzip : file.bytes);
}

}  // namespace loquat::http
