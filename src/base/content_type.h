// content_type.h - the media type of a file, by the ending of its name. One table, for files embedded in the binary
// (cmake/embed_files.cc) and for those on disk (static_folder.h).
//
// Layer: base (docs/layers.txt).  Source: IANA's registry of media types.
#pragma once

#include <algorithm>
#include <string_view>

namespace loquat {

// The type of `path`, whatever the case of its ending; "application/octet-stream" if the ending is not known.
constexpr std::string_view content_type_of(std::string_view path) noexcept {
  constexpr std::string_view types[][2] = {
      {".html", "text/html; charset=utf-8"},
      {".htm", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/markdown; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".jsonl", "application/x-ndjson"},
      {".webmanifest", "application/manifest+json"},
      {".xml", "application/xml"},
      {".wasm", "application/wasm"},
      {".pdf", "application/pdf"},
      {".zip", "application/zip"},
      {".gz", "application/gzip"},
      {".tar", "application/x-tar"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".avif", "image/avif"},
      {".ico", "image/x-icon"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".ttf", "font/ttf"},
      {".otf", "font/otf"},
      {".mp3", "audio/mpeg"},
      {".ogg", "audio/ogg"},
      {".m4a", "audio/mp4"},
      {".wav", "audio/wav"},
      {".flac", "audio/flac"},
      {".mp4", "video/mp4"},
      {".webm", "video/webm"},
  };
  for (const auto& [ending, type] : types) {
    if (path.size() < ending.size()) continue;
    const std::string_view end = path.substr(path.size() - ending.size());
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 32 : a) == b; };
    if (std::equal(end.begin(), end.end(), ending.begin(), same)) return type;
  }
  return "application/octet-stream";
}

}  // namespace loquat
