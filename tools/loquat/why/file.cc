#include "file.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <variant>

#include <fmt/core.h>

#include "../help/message_text.h"
#include "../wire/input.h"
#include "codec/capture/reader.h"
#include "print.h"
#include "wire/capture/fate_comments.h"
#include "wire/text/texts.h"
#include "wire/trace/json_rows.h"
#include "wire/why/json.h"
#include "wire/why_capture/capture_analysis.h"

namespace loquat::tool {
namespace {

std::string content_of(const std::string& path) {
  WireInput input(path);
  std::string content;
  for (auto bytes = input.read(); !bytes.empty(); bytes = input.read())
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return content;
}

void add_recording(const std::string& text, wire::CaptureAnalysis& story) {
  story.fates_are_known();
  for (const wire::Row& row : wire::read_trace(text)) {
    if (const auto* frame = std::get_if<wire::Frame>(&row); frame != nullptr && frame->fate != wire::Fate::held) {
      const bool arrives = frame->fate == wire::Fate::delivered;
      story.add({.time_ns = frame->sent.count(),
                 .link = frame->link,
                 .original_length = frame->bytes.size(),
                 .bytes = frame->bytes,
                 .comment = arrives ? std::string_view() : wire::lost_comment});
    } else if (const auto* counters = std::get_if<wire::Counters>(&row)) {
      story.add_counters(counters->moved);
    }
  }
}

// Uses the whole packets, and says on standard error what is missing.
void add_capture(const std::string& path, const std::string& bytes, wire::Language language,
                 wire::CaptureAnalysis& story) {
  codec::CaptureReader reader;
  reader.feed(std::as_bytes(std::span(bytes)));
  while (auto packet = reader.next()) story.add(*packet);
  if (!reader.error().empty()) throw std::runtime_error(path + ": " + reader.error());
  if (auto missing = reader.missing(); !missing.empty()) complain(path + ": " + missing);
  for (const auto& interface : reader.interfaces()) {
    const auto type = static_cast<unsigned>(interface.link);
    if (!codec::is_read(interface.link))
      complain(path + ": " + std::string(in(language, wire::texts::link_not_read(type))));
  }
}

}  // namespace

int run_why_file(const WhyOptions& options) {
  const std::string bytes = content_of(options.target);
  wire::CaptureAnalysis story;
  const bool recording = wire::begins_as_recording(bytes);  // its frames are in the order of their fates
  if (recording) {
    add_recording(bytes, story);
  } else {
    add_capture(options.target, bytes, options.language, story);
  }
  auto verdicts = story.verdicts();
  if (verdicts.empty()) fmt::print(stderr, "loquat: {}\n", in(options.language, wire::texts::no_tcp(options.target)));
  if (story.unordered() > 0 && !recording)
    fmt::print(stderr, "loquat: {}: {}\n", options.target,
               in(options.language, wire::texts::not_in_time_order(story.unordered())));
  // For people the worst comes first; JSON keeps the capture's order.
  auto worse = [](const auto& a, const auto& b) { return urgency(a.second) > urgency(b.second); };
  if (!options.json) std::stable_sort(verdicts.begin(), verdicts.end(), worse);
  for (const auto& [what, verdict] : verdicts) {
    if (options.json) {
      fmt::print("{}\n", json_line(what, verdict));
    } else {
      print_verdict(what, verdict, options.language);
    }
  }
  return verdicts.empty() ? 1 : 0;
}

}  // namespace loquat::tool
