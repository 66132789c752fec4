#include "wire/show/html.h"

#include <array>
#include <cstdio>

#include "wire/show/svg.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"
#include "wire/text/xml.h"
#include "wire/trace/frame_text.h"

namespace loquat::wire {
namespace {

constexpr std::string_view policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'none'";

constexpr std::string_view page_style = R"(<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:1rem auto;padding:0 1rem;background:#fff;color:#1a1a1a}
svg{max-width:100%;height:auto}
table{border-collapse:collapse;font:13px ui-monospace,monospace}
th,td{padding:.2rem .6rem;border-bottom:1px solid #8888;text-align:left;vertical-align:top}
@media (prefers-color-scheme:dark){body{background:#14161a;color:#ececec}}
</style>)";

std::string cell(std::string_view text) { return xml_element("td", "", text); }

std::string time_text(Duration time) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double, std::milli>(time).count());
  return text.data();
}

std::string payload_text(const codec::Segment& segment) {
  const auto bytes = segment.payload.first(std::min<std::size_t>(segment.payload.size(), 60));
  const std::string text = escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return text + (bytes.size() < segment.length ? "..." : "");
}

std::string remarks(const Frame& frame, Language language) {
  std::string text;
  const auto add = [&text](std::string_view more) {
    if (!more.empty()) (text += text.empty() ? "" : "; ") += more;
  };
  if (frame.retransmission_of != 0) add(in(language, texts::retransmission_of(frame.retransmission_of)));
  if (frame.copy_of != 0) add(in(language, texts::copy_of(frame.copy_of)));
  add(in(language, frame.why));
  return text;
}

constexpr std::array fate_texts = {texts::fate_held, texts::fate_delivered, texts::fate_dropped, texts::fate_corrupted};

std::string frame_row(const Frame& frame, Numbering& numbering, Language language) {
  const bool arrived = frame.fate == Fate::delivered || frame.fate == Fate::corrupted;
  std::string row = "<tr>" + cell(std::to_string(frame.number)) + cell(time_text(frame.sent)) +
                    cell(arrived ? time_text(frame.delivered) : "") + cell(frame.from == Side::client ? "→" : "←");
  if (const auto segment = codec::find_segment(frame.bytes, frame.link)) {
    const Numbers numbers = numbering.add(*segment);
    row += cell(codec::flag_names(segment->flags)) + cell(std::to_string(numbers.seq)) +
           cell(segment->has(codec::tcp::ack) ? std::to_string(numbers.ack) : "") +
           cell(std::to_string(segment->length)) + cell(std::to_string(numbers.window)) + cell(payload_text(*segment));
  } else {
    row += xml_element("td", "colspan=\"6\"", frame_summary(frame));
  }
  row += cell(in(language, fate_texts[static_cast<std::size_t>(frame.fate)])) + cell(name(frame.after.client)) +
         cell(name(frame.after.server));
  return row + cell(remarks(frame, language)) + "</tr>\n";
}

std::string table(const Trace& trace, Language language) {
  static constexpr TextPattern<0> none{};
  static constexpr std::array columns = {TextPattern<0>{"#", "#"}, texts::column_sent,
                                         texts::column_arrived,    none,
                                         texts::column_flags,      texts::column_seq,
                                         texts::column_ack,        texts::column_length,
                                         texts::column_window,     texts::column_payload,
                                         texts::column_fate,       texts::column_client,
                                         texts::column_server,     none};
  std::string out = "<table><thead><tr>";
  for (const auto& column : columns) out += xml_element("th", "", in(language, column));
  out += "</tr></thead><tbody>\n";
  Numbering numbering;
  for (const Row& row : trace) {
    const auto* frame = std::get_if<Frame>(&row);
    if (frame != nullptr && frame->fate != Fate::held) out += frame_row(*frame, numbering, language);
  }
  return out + "</tbody></table>\n";
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    if (end > 0) out += xml_element("p", "", text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(text.size(), end + 2));
  }
  return out;
}

}  // namespace

std::string html(const Trace& trace, Language language, std::string_view explanation) {
  std::string title = "loquat wire";
  if (const auto* begin = trace.empty() ? nullptr : std::get_if<Begin>(&trace.front()))
    title = begin->scenario + ": " + std::string(in(language, begin->title));
  std::string out = "<!doctype html>\n<html lang=\"";
  out += language == Language::zh ? "zh" : "en";
  out += "\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"";
  out += policy;
  out += "\">\n<meta name=\"viewport\" content=\"width=device-width\">\n";
  out += xml_element("title", "", title) + "\n";
  out += page_style;
  out += "\n</head>\n<body>\n" + xml_element("h1", "", title) + "\n";
  out += svg(trace, language, false) + paragraphs(explanation) + table(trace, language);
  return out + "</body>\n</html>\n";
}

}  // namespace loquat::wire
