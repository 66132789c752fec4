// output.h - where a trace goes, row by row: to the terminal or a file, as text, JSON, SVG or HTML.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::tool {

struct WireOutputOptions {
  std::string format = "text";
  std::string file;        // empty: standard output
  bool to_stderr = false;  // if there is no file
  std::string language;    // en zh; empty: the environment's
  bool ascii = false;
  bool explain = false;
  bool watched = false;       // somebody watches live: frames are told when they are sent, too
  bool several = false;       // connections: each row names its port
  std::string explanation{};  // for html, beside the trace
};

// What WireOutputOptions::format may be.
std::vector<std::string> wire_formats();
// That which is asked for, else the environment's.
wire::Language wire_language(const std::string& asked);

// In cells: as $COLUMNS says, else as wide as the terminal, else 80.
int wire_width(std::FILE* out);

// Whether `out` is a terminal that shows colours, and they are wanted.
bool wire_colour(std::FILE* out);

class WireOutput {
 public:
  // Throws std::runtime_error if the file cannot be written.
  explicit WireOutput(const WireOutputOptions& options);
  ~WireOutput();
  // Whether that made something to be seen. SVG and HTML are written by finish().
  bool add(const wire::Row& row);
  // A text of ours, as it is.
  void say(std::string_view text);
  // True if something could not be written: a pipe whose reader has gone, say.
  bool failed() const;
  // Writes what is left. Throws std::runtime_error if something could not be written.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole of a trace. Throws as WireOutput.
void write_trace(const wire::Trace& trace, const WireOutputOptions& options);

}  // namespace loquat::tool
