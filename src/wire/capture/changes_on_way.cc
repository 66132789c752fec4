#include "wire/capture/changes_on_way.h"

#include <algorithm>
#include <string>

#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

class Changes {
 public:
  void add(const TextArgument& what, const std::string& before, const std::string& after) {
    if (before != after) add(texts::changed_from_to(Text{what.en, what.zh}, before, after));
  }
  void add(const Text& change) {
    text.en += (text.en.empty() ? "" : ", ") + change.en;
    text.zh += (text.zh.empty() ? "" : "，") + change.zh;
  }
  Text text;
};

template <class Number>
std::string text_of(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "-";
}

bool payload_differs(const codec::Segment& a, const codec::Segment& b) {
  const std::size_t size = std::min(a.payload.size(), b.payload.size());
  return !std::equal(a.payload.begin(), a.payload.begin() + static_cast<std::ptrdiff_t>(size), b.payload.begin());
}

}  // namespace

Text changes_on_way(const Sighting& sent, const Sighting& received) {
  const codec::Segment &a = sent.segment, &b = received.segment;
  Changes changes;
  changes.add(texts::source_address, a.source.text(), b.source.text());
  changes.add(texts::destination_address, a.destination.text(), b.destination.text());
  if (a.has(codec::tcp::syn)) {
    changes.add("seq", std::to_string(a.seq), std::to_string(b.seq));
    changes.add("MSS", text_of(a.options.mss), text_of(b.options.mss));
    changes.add("window scale", text_of(a.options.window_scale), text_of(b.options.window_scale));
    changes.add("SACK permitted", std::to_string(a.options.sack_permitted), std::to_string(b.options.sack_permitted));
    const auto stamped = [](const codec::Segment& s) { return std::to_string(s.options.timestamps.has_value()); };
    changes.add("timestamps", stamped(a), stamped(b));
  }
  if (a.length == b.length) changes.add(texts::flags_word, codec::flag_names(a.flags), codec::flag_names(b.flags));
  if (a.length == b.length) changes.add(texts::window_word, std::to_string(a.window), std::to_string(b.window));
  if (sent.seq == received.seq && payload_differs(a, b)) changes.add(texts::payload_word);
  return changes.text;
}

}  // namespace loquat::wire
