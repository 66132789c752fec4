#include "output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <variant>

#include "wire/show/html.h"
#include "wire/show/ladder.h"
#include "wire/show/svg.h"
#include "wire/trace/json_rows.h"
#include "wire/trace/time_order.h"

namespace loquat::tool {
namespace {

wire::LadderOptions ladder_options(const WireOutputOptions& given, std::FILE* out) {
  wire::LadderOptions options;
  options.ascii = given.ascii;
  options.language = wire_language(given.language);
  options.held_at_once = given.watched;
  options.name_ports = given.several;
  options.width = wire_width(out);
  options.colour = wire_colour(out);
  return options;
}

bool is_held(const wire::Row& row) {
  const auto* frame = std::get_if<wire::Frame>(&row);
  return frame != nullptr && frame->fate == wire::Fate::held;
}

std::FILE* create(const std::string& file) {
  std::FILE* out = std::fopen(file.c_str(), "we");
  if (out == nullptr) throw std::runtime_error("cannot write to " + file + ": " + std::strerror(errno));
  return out;
}

}  // namespace

int wire_width(std::FILE* out) {
  const char* columns = std::getenv("COLUMNS");
  if (columns != nullptr && std::atoi(columns) > 0) return std::atoi(columns);
  winsize window{};
  return ::ioctl(::fileno(out), TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
}

bool wire_colour(std::FILE* out) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(::fileno(out)) != 0 && std::getenv("NO_COLOR") == nullptr && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

std::vector<std::string> wire_formats() { return {"text", "json", "svg", "html"}; }

wire::Language wire_language(const std::string& asked) {
  return asked.empty() ? wire::language_of_environment() : wire::language_of(asked).value_or(wire::Language::en);
}

struct WireOutput::Impl {
  explicit Impl(const WireOutputOptions& given)
      : options(given), out(given.file.empty() ? (given.to_stderr ? stderr : stdout) : create(given.file)) {}
  ~Impl() {
    if (out != stdout && out != stderr) std::fclose(out);
  }

  void line(std::string_view text) {
    ++lines;
    put(text);
    put("\n");
    flush();
  }

  void flush() {
    if (std::fflush(out) != 0 && error == 0) error = errno;
  }

  void put(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), out) != text.size() && error == 0) error = errno;
  }

  WireOutputOptions options;
  std::FILE* out;
  std::uint64_t lines = 0;
  int error = 0;  // of the first write that failed
  wire::TraceWriter json;
  wire::Trace trace;  // for the formats that need all of it
  wire::Ladder ladder{ladder_options(options, out), [this](std::string_view text) { line(text); }};
};

WireOutput::WireOutput(const WireOutputOptions& options) : impl_(std::make_unique<Impl>(options)) {}
WireOutput::~WireOutput() = default;

bool WireOutput::add(const wire::Row& row) {
  const std::uint64_t before = impl_->lines;
  if (impl_->options.format == "text") {
    impl_->ladder.add(row);
  } else if (impl_->options.format != "json") {
    impl_->trace.push_back(row);
  } else if (impl_->options.watched || !is_held(row)) {
    impl_->line(impl_->json.line(row));
  }
  return impl_->lines != before;
}

void WireOutput::say(std::string_view text) { impl_->put(text); }

bool WireOutput::failed() const { return impl_->error != 0; }

void WireOutput::finish() {
  const wire::Language language = wire_language(impl_->options.language);
  if (impl_->options.format == "text") impl_->ladder.finish();
  if (impl_->options.format == "svg") impl_->put(wire::svg(impl_->trace, language));
  if (impl_->options.format == "html") impl_->put(wire::html(impl_->trace, language, impl_->options.explanation));
  impl_->flush();
  if (impl_->error != 0 && impl_->error != EPIPE)  // a reader that has gone (head) needs no word
    throw std::runtime_error(std::string("cannot write the trace: ") + std::strerror(impl_->error));
}

void write_trace(const wire::Trace& trace, const WireOutputOptions& options) {
  WireOutput output(options);
  for (const wire::Row& row : wire::in_order_of_time(trace)) output.add(row);
  output.finish();
}

}  // namespace loquat::tool
