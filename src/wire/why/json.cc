#include "wire/why/json.h"

#include <chrono>

#include "wire/text/json_writer.h"

namespace loquat::wire {
namespace {

std::int64_t ms_of(Duration time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); }

void put_verdict(JsonObject& json, const char* type, const Verdict& verdict) {
  json.put("type", type).put("verdict", name(verdict.cause)).put("certainty", name(verdict.certainty));
  json.put("text", verdict.sentence.en).put("text_zh", verdict.sentence.zh);
  json.list("evidence", verdict.evidence, [](JsonObject fact, const Fact& each) {
    fact.put("text", each.text.en).put("text_zh", each.text.zh).put("source", name(each.source));
  });
  json.list("others", verdict.others,
            [](JsonObject other, const Text& each) { other.put("text", each.en).put("text_zh", each.zh); });
  json.put("next", verdict.next.en).put("next_zh", verdict.next.zh);
}

void put_socket(JsonObject& json, const kernel::SocketFacts& socket) {
  json.put("local", socket.local.str()).put("remote", socket.remote.str()).put("state", name(socket.state));
  json.put("timer", name(socket.timer)).put("expires_ms", ms_of(socket.expires));
  json.put("retransmits", socket.retransmits);
  json.put("recv_queue", socket.recv_queue).put("send_queue", socket.send_queue);
  json.put("uid", socket.uid).put("inode", socket.inode);
}

void put_owners(JsonObject& json, const std::vector<kernel::Owner>& owners) {
  json.list("owners", owners, [](JsonObject owner, const kernel::Owner& each) {
    owner.put("pid", each.pid).put("program", each.program).put("fd", each.descriptor);
  });
}

}  // namespace

std::string json_line(const Observation& seen, const Verdict& verdict) {
  return json_object([&](JsonObject& json) {
    put_verdict(json, "socket", verdict);
    put_socket(json, seen.last);
    put_owners(json, seen.owners);
    json.put("looked_ms", ms_of(seen.between));
  });
}

std::string json_line(const Death& death, const Verdict& verdict) {
  return json_object([&](JsonObject& json) {
    put_verdict(json, "death", verdict);
    put_socket(json, death.alive ? death.alive->last : death.dead);
    if (death.alive) put_owners(json, death.alive->owners);
  });
}

std::string json_line(const std::string& what, const Verdict& verdict) {
  return json_object([&](JsonObject& json) {
    put_verdict(json, "target", verdict);
    json.put("target", what);
  });
}

}  // namespace loquat::wire
