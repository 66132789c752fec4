// embedded_file.h - a file that is part of the binary: the table of them is made by cmake/EmbedFiles.cmake.
//
//   Lifetime  Views point into constants: they live for ever.
//
// Layer: base (docs/layers.txt).
#pragma once

#include <string_view>

namespace loquat {

struct EmbeddedFile {
  std::string_view path;          // "/index.html"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view bytes;
  std::string_view gzip;  // the same content compressed; empty if that saves too little
  std::string_view etag;  // without quotes
  bool immutable = false;
};

}  // namespace loquat
