#include "layers.h"

#include <unistd.h>

#include <cstdio>

#include <fmt/core.h>

#include "../help/message_text.h"
#include "input.h"
#include "output.h"
#include "wire/show/layers.h"
#include "wire/text/texts.h"
#include "wire/trace/frame_reader.h"

namespace loquat::tool {
namespace {

using wire::LayersFrame;

class Layers {
 public:
  explicit Layers(const WireLayersOptions& options) : options_(options), input_(options.file) {
    style_.language = wire::language_of(options.language).value_or(wire::language_of_environment());
    style_.colour = wire_colour(stdout);
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
      complain(fmt::format("frame {} has no field {}; without --field all of its fields are listed", frame.number,
                           style_.field));
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
      complain(input_.name() + ": " + reader_.error());
      return 1;
    }
    if (const std::string missing = reader_.missing(); !missing.empty()) {
      complain(input_.name() + ": " + missing);
      if (frames_ == 0) return 1;
    }
    if (options_.frame != 0) {
      fmt::print(stderr, "loquat: {}\n",
                 in(style_.language, wire::texts::no_such_frame(input_.name(), frames_, options_.frame)));
      return 1;
    }
    if (frames_ == 0)
      fmt::print(stderr, "loquat: {}\n", in(style_.language, wire::texts::no_frames(input_.name())));
    else if (options_.format == "text" && isatty(STDOUT_FILENO) != 0)
      fmt::print("\nOne of them, layer by layer: loquat wire layers {} --frame {}\n", options_.file, 1);
    return 0;
  }

  const WireLayersOptions& options_;
  WireInput input_;
  wire::LayersStyle style_;
  wire::FrameReader reader_;
  int frames_ = 0;
  std::int64_t start_ = 0;  // of the first frame
};

}  // namespace

int run_wire_layers(const WireLayersOptions& options) { return Layers(options).run(); }

}  // namespace loquat::tool
