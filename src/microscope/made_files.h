// made_files.h - JSON that is made once, at the start, and then served as files are: compressed, with an ETag.
//
//   Threads   Any number of workers may use one.
//
// Layer: microscope.  Source: RFC 1952.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/embedded_file.h"
#include "http/static_files.h"
#include "loquat/http.h"

namespace loquat::microscope {

struct MadeFile {
  MadeFile(std::string path, std::string json);
  std::string path, bytes, gzip, etag;
};

class MadeFiles {
 public:
  explicit MadeFiles(std::vector<MadeFile> files);
  MadeFiles(const MadeFiles&) = delete;
  MadeFiles& operator=(const MadeFiles&) = delete;

  // As StaticFiles::serve().
  bool serve(const http::Request& request, http::Response& response) const { return served_.serve(request, response); }

 private:
  std::vector<MadeFile> files_;
  std::vector<EmbeddedFile> table_;  // refers to them
  http::StaticFiles served_;         // refers to the table
};

// `text` as a gzip stream; empty if it would not be shorter.
std::string gzip(std::string_view text);

}  // namespace loquat::microscope
