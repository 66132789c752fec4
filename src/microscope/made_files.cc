#include "microscope/made_files.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace loquat::microscope {
namespace {

constexpr int gzip_format = 15 + 16;  // the largest window, and gzip's header

// FNV-1a: the same text has the same tag after a restart.
std::string tag_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string tag;
  for (int shift = 60; shift >= 0; shift -= 4) tag += "0123456789abcdef"[hash >> shift & 15];
  return tag;
}

// Sorts the files first.
std::vector<EmbeddedFile> table_of(std::vector<MadeFile>& files) {
  std::sort(files.begin(), files.end(), [](const MadeFile& a, const MadeFile& b) { return a.path < b.path; });
  std::vector<EmbeddedFile> table;
  for (const MadeFile& file : files)
    table.push_back({file.path, "application/json", file.bytes, file.gzip, file.etag, false});
  return table;
}

http::StaticOptions json_options() {
  http::StaticOptions options;
  options.csp = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
  return options;
}

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_format, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(text.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool fits = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(fits ? out.size() - stream.avail_out : 0);
  deflateEnd(&stream);
  return out;
}

MadeFile::MadeFile(std::string path_, std::string json)
    : path(std::move(path_)), bytes(std::move(json)), gzip(microscope::gzip(bytes)), etag(tag_of(bytes)) {}

MadeFiles::MadeFiles(std::vector<MadeFile> files)
    : files_(std::move(files)), table_(table_of(files_)), served_(table_, json_options()) {}

}  // namespace loquat::microscope
