#include "wire/capture/syn_answers.h"

#include "codec/network/segment.h"
#include "wire/capture/fate_comments.h"

namespace loquat::wire {

void SynAnswers::add(const codec::CapturedPacket& packet) {
  ++frames_;
  const auto segment = codec::find_segment(packet.bytes, packet.link);
  if (!segment) return;
  const std::size_t n = numbering_.add(*segment).connection;
  const Side from = segment->source == numbering_.client(n) ? Side::client : Side::server;
  const bool syn = segment->has(codec::tcp::syn), ack = segment->has(codec::tcp::ack);
  const auto waiting = waiting_.find(n);
  const bool answers = waiting != waiting_.end() && waiting->second.from != from;
  const auto settle = [&](Answer answer, State server) {
    answers_[waiting->second.frame] = answer;
    servers_.emplace(n, server);
    waiting_.erase(waiting);
  };
  if (syn && !ack) {
    if (answers) return settle(Answer::crossed, State::unknown);
    if (!packet.comment.starts_with(lost_comment)) waiting_[n] = {frames_, from};
  } else if (answers && syn) {
    settle(Answer::accepted, State::listen);
  } else if (answers && segment->has(codec::tcp::rst)) {
    settle(Answer::refused, State::closed);
  }
}

SynAnswers::Answer SynAnswers::of(int frame) const {
  const auto found = answers_.find(frame);
  return found == answers_.end() ? Answer::none : found->second;
}

State SynAnswers::server(std::size_t n) const {
  const auto found = servers_.find(n);
  return found == servers_.end() ? State::unknown : found->second;
}

}  // namespace loquat::wire
