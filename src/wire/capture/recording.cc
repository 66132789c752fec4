#include "wire/capture/recording.h"

#include <algorithm>

#include "wire/capture/fate_comments.h"

namespace loquat::wire {
namespace {

struct Passing {
  Duration at{};
  const Frame* frame = nullptr;
};

// What passed this end, in order: the frames that it sent, lost ones too, and those that arrived there.
std::vector<Passing> passing(const Trace& trace, Side end) {
  std::vector<Passing> all;
  for (const Row& row : trace) {
    const auto* frame = std::get_if<Frame>(&row);
    if (frame == nullptr || frame->fate == Fate::held) continue;
    const bool made_by_wire = frame->copy_of != 0 || frame->by_wire;
    if (frame->from == end && !made_by_wire) all.push_back({frame->sent, frame});
    if (frame->from != end && frame->fate != Fate::dropped) all.push_back({frame->delivered, frame});
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return all;
}

TrackedFrame track(Tracker& tracker, const Passing& passed, bool sent) {
  const Frame& frame = *passed.frame;
  const bool damaged = frame.fate == Fate::corrupted;
  TrackedFrame seen = tracker.add({.time_ns = passed.at.count(),
                                   .link = frame.link,
                                   .original_length = frame.bytes.size(),
                                   .bytes = damaged && !sent ? frame.arrived : frame.bytes,
                                   .comment = frame.fate == Fate::dropped ? lost_comment
                                              : damaged                   ? turns_comment
                                                                          : std::string_view(),
                                   .direction = sent ? codec::CaptureDirection::out : codec::CaptureDirection::in});
  seen.frame.number = frame.number;
  seen.frame.retransmission_of = frame.retransmission_of;
  (sent ? seen.frame.sender : seen.frame.receiver) = sent ? frame.sender : frame.receiver;
  return seen;
}

}  // namespace

CaptureContents recording_contents(const Trace& trace) {
  CaptureContents contents;
  Tracker tracker;
  for (const Passing& passed : passing(trace, Side::client))
    if (!track(tracker, passed, passed.frame->from == Side::client).connection) ++contents.without_tcp;
  contents.connections = tracker.connections();
  contents.frames = tracker.frames();
  return contents;
}

Trace recording_trace(const Trace& trace, Side end, std::size_t stream) {
  Tracker tracker;
  Trace seen = {Begin{}};
  for (const Passing& passed : passing(trace, end)) {
    TrackedFrame tracked = track(tracker, passed, passed.frame->from == end);
    if (tracked.connection == stream) seen.emplace_back(std::move(tracked.frame));
  }
  if (const auto* begin = std::get_if<Begin>(&trace.front())) seen.front() = *begin;
  if (stream >= tracker.connections().size()) return seen;
  auto& begin = std::get<Begin>(seen.front());
  begin.client = tracker.connections()[stream].client.text();
  begin.server = tracker.connections()[stream].server.text();
  return seen;
}

}  // namespace loquat::wire
