#include "wire/trace/segment_kind.h"

namespace loquat::wire {
namespace {

namespace flag = codec::tcp;

bool is_plain(const codec::Segment& segment) noexcept { return !segment.has(flag::syn | flag::fin | flag::rst); }

Text order_remark(const codec::Segment& segment, const SegmentContext& context) {
  if (segment.has(flag::rst) || !context.mine.known()) return {};
  const std::uint64_t end = context.at + segment.length + (segment.has(flag::fin) ? 1 : 0);
  if (context.at > context.mine.sent_end()) {
    const std::string gap = std::to_string(context.at - context.mine.sent_end());
    return {"Bytes before it were not seen: " + gap + ".", "在它之前有 " + gap + " 个字节没有被看到。"};
  }
  if (end > context.at && end <= context.mine.sent_end() && context.at >= context.mine.next() &&
      context.mine.sent_before(context.at, end) == 0)
    return {"Fills a gap: it came late, or is sent again where the first one was not seen.",
            "填补空缺：它来晚了，或者是一次重传而第一次没有被看到。"};
  return {};
}

}  // namespace

bool is_probe(const codec::Segment& segment, const SegmentContext& context) noexcept {
  return is_plain(segment) && segment.length <= 1 && context.mine.known() &&
         context.at + 1 == context.mine.sent_end() && context.mine.acked() == context.mine.sent_end();
}

Text segment_remark(const codec::Segment& segment, const SegmentContext& context) {
  if (is_probe(segment, context)) {
    if (context.peers_window == 0u) return {"A window probe: is there room again?", "窗口探测：又有空间了吗？"};
    return {"A keep-alive: are you still there?", "保活探测：你还在吗？"};
  }
  if (Text order = order_remark(segment, context); !order.empty()) return order;
  if (!is_plain(segment) || !segment.has(flag::ack)) return {};
  if (context.window == 0 && context.window_before != 0u)
    return {"The receiver's buffer is full (zero window).", "接收方的缓冲区已满（零窗口）。"};
  if (context.window_before == 0u && context.window != 0) return {"The window is open again.", "窗口重新打开。"};
  if (segment.length == 0 && context.same_ack && context.window_before == context.window && context.peers.has_islands())
    return {"The same ACK again: what comes next is missing.", "重复的 ACK：下一段还没有收到。"};
  return {};
}

}  // namespace loquat::wire
