#include "wire/trace/frame_text.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "codec/packet/packet.h"
#include "codec/text/utf8.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

constexpr std::size_t preview_size = 24;  // bytes of the payload that are shown
constexpr int kind_weight = 10;           // the weight of what a frame is

std::string preview(const codec::Segment& segment, bool ascii) {
  const std::size_t size = std::min(segment.payload.size(), preview_size);
  std::string_view bytes(reinterpret_cast<const char*>(segment.payload.data()), size);
  if (const std::size_t line = bytes.find('\n'); line != std::string_view::npos) bytes = bytes.substr(0, line + 1);
  return quoted(bytes, ascii) + (bytes.size() < segment.length ? "..." : "");
}

void add_segment(std::vector<LabelPart>& parts, const FrameView& view, bool ascii) {
  const codec::Segment& segment = *view.segment;
  const bool syn = segment.has(codec::tcp::syn), pure = segment.length == 0;
  parts.push_back({codec::flag_names(segment.flags), kind_weight});
  parts.push_back({"seq=" + std::to_string(view.numbers.seq), 5});
  if (segment.has(codec::tcp::ack)) parts.push_back({"ack=" + std::to_string(view.numbers.ack), 4});
  if (!pure) parts.push_back({"len=" + std::to_string(segment.length), 6});
  const std::size_t kept = segment.payload.size();
  if (kept < segment.length) parts.push_back({"kept=" + std::to_string(kept), kept == 0 ? 6 : 2});
  const bool stops = view.numbers.window == 0 && !segment.has(codec::tcp::rst);
  parts.push_back({"win=" + std::to_string(view.numbers.window), stops ? 8 : syn ? 3 : 1});
  if (!segment.payload.empty()) parts.push_back({preview(segment, ascii), 2});
}

void add_remarks(std::vector<LabelPart>& parts, const Frame& frame, Language language) {
  const auto add = [&](const Text& remark) { parts.push_back({std::string(in(language, remark)), remark_weight}); };
  if (frame.retransmission_of != 0) add(texts::retransmission_of(frame.retransmission_of));
  if (frame.copy_of != 0) add(texts::copy_of(frame.copy_of));
  if (frame.by_wire) add(texts::made_by_wire);
  if (frame.fate == Fate::corrupted) add(texts::bit_flipped);
}

}  // namespace

std::string frame_summary(const Frame& frame) { return codec::sanitize_line(codec::summary(frame.bytes, frame.link)); }

std::string counters_text(const Counters& counters, Language language) {
  static constexpr std::array<std::string_view, 10> common = {
      "TcpInSegs",    "TcpOutSegs",  "TcpActiveOpens", "TcpPassiveOpens", "TCPOrigDataSent",
      "TCPDelivered", "TCPPureAcks", "TCPHPHits",      "TCPHPAcks",       "TW"};
  std::string list;
  for (const auto& [counter, by] : counters.moved) {
    if (counter.starts_with("Ip") || std::find(common.begin(), common.end(), counter) != common.end()) continue;
    const std::string moved = counter + " " + std::to_string(by);
    list = list.empty() ? moved : std::string(in(language, texts::counter_and_counter(list, moved)));
  }
  if (list.empty()) return {};
  const Text text = counters.side == Side::client ? texts::client_counted(list) : texts::server_counted(list);
  return std::string(in(language, text));
}

std::vector<LabelPart> frame_label(const FrameView& view, Language language, bool ascii) {
  std::vector<LabelPart> parts;
  if (!view.port.empty()) parts.push_back({view.port, 7});
  if (view.segment)
    add_segment(parts, view, ascii);
  else
    parts.push_back({frame_summary(view.frame), kind_weight});
  add_remarks(parts, view.frame, language);
  return parts;
}

std::string join_label(const std::vector<LabelPart>& parts, int width, std::string* left_out) {
  std::vector<std::size_t> by_weight(parts.size());
  std::iota(by_weight.begin(), by_weight.end(), 0);
  std::stable_sort(by_weight.begin(), by_weight.end(),
                   [&](std::size_t a, std::size_t b) { return parts[a].weight > parts[b].weight; });
  std::vector<bool> chosen(parts.size());
  int used = -1;
  for (const std::size_t i : by_weight) {
    used += cells(parts[i].text) + 1 + (parts[i].weight == kind_weight ? 1 : 0);
    if (used > width && parts[i].weight != kind_weight) break;
    chosen[i] = true;
  }
  std::string label;
  for (std::size_t i = 0, last = 0; i < parts.size(); ++i) {
    if (!chosen[i] && parts[i].weight == remark_weight && left_out != nullptr) (*left_out += parts[i].text) += ". ";
    if (!chosen[i]) continue;
    if (!label.empty()) label += parts[last].weight == kind_weight ? "  " : " ";
    label += parts[i].text;
    last = i;
  }
  return std::string(cut_to_cells(label, std::max(width, 0)));
}

}  // namespace loquat::wire
