// embed_files.cc - makes C++ of a directory's files: embed_files NAME DIRECTORY OUTPUT writes OUTPUT/NAME.h and
// NAME.cc.
//
// Each file becomes one EmbeddedFile. gzip is kept where it saves a tenth, the ETag is a hash of the content. The
// same directory gives the same output, byte for byte.
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/content_type.h"

namespace {

namespace fs = std::filesystem;

struct Input {
  std::string path;  // "/assets/index-1a2b.js"
  std::string bytes;
  std::string gzip;
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib does not start");
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib does not finish");
  return out;
}

// FNV-1a, 64 bits: it tells versions apart and guards nothing.
std::string hash(const std::string& bytes) {
  std::uint64_t value = 14695981039346656037u;
  for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211u;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::vector<Input> read_directory(const fs::path& directory) {
  std::vector<Input> files;
  if (!fs::exists(directory)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    Input file{"/" + fs::relative(entry.path(), directory).generic_string(), read_file(entry.path()), {}};
    if (file.path.find_first_of("\"\\?%") != std::string::npos) throw std::runtime_error("odd name: " + file.path);
    file.gzip = gzip(file.bytes);
    if (file.gzip.size() + file.bytes.size() / 10 >= file.bytes.size()) file.gzip.clear();
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const Input& a, const Input& b) { return a.path < b.path; });
  return files;
}

void write_array(std::ostream& out, const std::string& name, const std::string& bytes) {
  out << "constexpr char " << name << "[] = {";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out << (i % 32 == 0 ? "\n    " : "") << static_cast<int>(static_cast<signed char>(bytes[i])) << ',';
  }
  out << "0};\n";
}

void write_source(std::ostream& out, const std::string& name, const std::vector<Input>& files) {
  out << "// Made by cmake/embed_files.cc.\n#include \"" << name << ".h\"\n\nnamespace " << name
      << " {\nnamespace {\n\n";
  for (std::size_t i = 0; i < files.size(); ++i) {
    write_array(out, "bytes" + std::to_string(i), files[i].bytes);
    write_array(out, "gzip" + std::to_string(i), files[i].gzip);
  }
  out << "\nconstexpr loquat::EmbeddedFile table[] = {\n";
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Input& file = files[i];
    out << "    {\"" << file.path << "\", \"" << loquat::content_type_of(file.path) << "\", {bytes" << i << ", "
        << file.bytes.size() << "}, {gzip" << i << ", " << file.gzip.size() << "}, \"" << hash(file.bytes) << "\", "
        << (file.path.starts_with("/assets/") ? "true" : "false") << "},\n";
  }
  out << "};\n\n}  // namespace\n\nstd::span<const loquat::EmbeddedFile> files() { return table; }\n\n}  // "
         "namespace "
      << name << "\n";
}

void write_header(std::ostream& out, const std::string& name) {
  out << "// Made by cmake/embed_files.cc.\n#pragma once\n\n#include <span>\n\n#include \"base/embedded_file.h\"\n\n"
      << "namespace " << name << " {\n\nstd::span<const loquat::EmbeddedFile> files();\n\n}\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 4) throw std::runtime_error("embed_files NAME DIRECTORY OUTPUT");
    const std::string name = argv[1];
    const std::vector<Input> files = read_directory(argv[2]);
    if (files.empty()) throw std::runtime_error(std::string("nothing in ") + argv[2] + "; ./dev build makes the page");
    std::ofstream source(fs::path(argv[3]) / (name + ".cc")), header(fs::path(argv[3]) / (name + ".h"));
    write_source(source, name, files);
    write_header(header, name);
    if (!source.flush() || !header.flush()) throw std::runtime_error(std::string("cannot write to ") + argv[3]);
  } catch (const std::exception& error) {
    std::cerr << "embed_files: " << error.what() << "\n";
    return 1;
  }
}
