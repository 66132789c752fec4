#include "wire/trace/segment_kind.h"

#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

namespace flag = codec::tcp;

bool is_plain(const codec::Segment& segment) noexcept { return !segment.has(flag::syn | flag::fin | flag::rst); }

Text order_remark(const codec::Segment& segment, const SegmentContext& context) {
  if (segment.has(flag::rst) || !context.mine.known()) return {};
  const std::uint64_t end = context.at + segment.length + (segment.has(flag::fin) ? 1 : 0);
  if (context.at > context.mine.sent_end()) {
    return texts::bytes_not_seen(context.at - context.mine.sent_end());
  }
  if (end > context.at && end <= context.mine.sent_end() && context.at >= context.mine.next() &&
      context.mine.sent_before(context.at, end) == 0)
    return texts::fills_gap;
  return {};
}

}  // namespace

bool is_probe(const codec::Segment& segment, const SegmentContext& context) noexcept {
  return is_plain(segment) && segment.length <= 1 && context.mine.known() &&
         context.at + 1 == context.mine.sent_end() && context.mine.acked() == context.mine.sent_end();
}

Text segment_remark(const codec::Segment& segment, const SegmentContext& context) {
  if (is_probe(segment, context)) {
    return context.peers_window == 0u ? texts::window_probe : texts::keepalive_probe;
  }
  if (Text order = order_remark(segment, context); !order.empty()) return order;
  if (!is_plain(segment) || !segment.has(flag::ack)) return {};
  if (context.window == 0 && context.window_before != 0u) return texts::buffer_is_full;
  if (context.window_before == 0u && context.window != 0) return texts::window_open_again;
  if (segment.length == 0 && context.same_ack && context.window_before == context.window && context.peers.has_islands())
    return texts::same_ack_again;
  return {};
}

}  // namespace loquat::wire
