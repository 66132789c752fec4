#include "wire_layers.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <fmt/core.h>

#include "loquat/error.h"
#include "wire/frame_reader.h"

namespace loquat::tool {
namespace {

using wire::LayersFrame;

// A file that is read as it grows; "-" is standard input.
class Input {
 public:
  explicit Input(const std::string& path) : name_(path == "-" ? "standard input" : path) {
    if (path != "-") descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor_ < 0) fail();
    if (isatty(descriptor_) != 0) throw std::runtime_error(name_ + " is a terminal; a capture file is wanted");
  }
  ~Input() {
    if (descriptor_ > 0) close(descriptor_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const std::string& name() const { return name_; }
  // The next bytes; none at the end.
  std::span<const std::byte> read() {
    for (;;) {
      const ssize_t size = ::read(descriptor_, buffer_.data(), buffer_.size());
      if (size >= 0) return std::span(buffer_).first(static_cast<std::size_t>(size));
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const { throw std::runtime_error(name_ + ": " + std::generic_category().message(errno)); }

  std::string name_;
  int descriptor_ = STDIN_FILENO;
  std::array<std::byte, 64 * 1024> buffer_;
};

class Layers {
 public:
  explicit Layers(const WireLayersOptions& options) : options_(options), input_(options.file) {
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    style_.language = wire::language_of(options.language).value_or(wire::language_of_environment());
    style_.colour = terminal && std::getenv("NO_COLOR") == nullptr;
    style_.ascii = options.ascii;
    style_.field = options.field;
  }

  int run() {
    for (bool more = true; more;) {
      const auto bytes = input_.read();
      more = !bytes.empty();
      if (more)
        reader_.feed(bytes);
      else
        reader_.end();
      while (const auto frame = reader_.next()) {
        ++frames_;
        if (options_.frame == 0)
          list(*frame);
        else if (frame->number == options_.frame)
          return show(*frame);
      }
      std::fflush(stdout);
      if (!reader_.error().empty() || std::ferror(stdout) != 0) more = false;
    }
    return finish();
  }

 private:
  bool has_it(const LayersFrame& frame) const {
    return wire::has_field(codec::dissect(frame.bytes, frame.link, frame.application), style_.field);
  }

  void list(const LayersFrame& frame) {
    if (frames_ == 1) start_ = frame.time_ns.value_or(0);
    if (!style_.field.empty() && !has_it(frame)) return;  // as a filter
    print(options_.format == "json" ? wire::layers_json(frame) : wire::layers_line(frame, style_, start_));
  }

  int show(const LayersFrame& frame) {
    if (!style_.field.empty() && !has_it(frame)) {
      fmt::print(stderr, "loquat: frame {} has no field {}; without --field all of its fields are listed\n",
                 frame.number, style_.field);
      return 1;
    }
    print(options_.format == "json" ? wire::layers_json(frame) : wire::layers_text(frame, style_));
    return 0;
  }

  static void print(std::string text) {
    if (!text.ends_with('\n')) text += '\n';
    std::fwrite(text.data(), 1, text.size(), stdout);
  }

  int finish() {
    if (!reader_.error().empty()) {
      fmt::print(stderr, "loquat: {}: {}\n", input_.name(), reader_.error());
      return 1;
    }
    if (const std::string missing = reader_.missing(); !missing.empty()) {
      fmt::print(stderr, "loquat: {}: {}\n", input_.name(), missing);
      if (frames_ == 0) return 1;
    }
    if (options_.frame != 0) {
      fmt::print(stderr, "loquat: {} has {} frames; there is no frame {}\n", input_.name(), frames_, options_.frame);
      return 1;
    }
    if (frames_ == 0)
      fmt::print(stderr, "loquat: {} holds no frames\n", input_.name());
    else if (options_.format == "text" && isatty(STDOUT_FILENO) != 0)
      fmt::print("\nOne of them, layer by layer: loquat wire layers {} --frame {}\n", options_.file, 1);
    return 0;
  }

  const WireLayersOptions& options_;
  Input input_;
  wire::LayersStyle style_;
  wire::FrameReader reader_;
  int frames_ = 0;
  std::int64_t start_ = 0;  // of the first frame
};

}  // namespace

int run_wire_layers(const WireLayersOptions& options) { return Layers(options).run(); }

}  // namespace loquat::tool
