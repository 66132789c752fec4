#include "wire/why/json.h"

#include <chrono>

#include "wire/text/json.h"

namespace loquat::wire {
namespace {

OrderedJson list_of(const std::vector<Fact>& facts) {
  OrderedJson list = OrderedJson::array();
  for (const Fact& each : facts) {
    list.push_back({{"text", each.text.en}, {"text_zh", each.text.zh}, {"source", name(each.source)}});
  }
  return list;
}

OrderedJson verdict_json(const char* type, const Verdict& verdict) {
  OrderedJson told = {{"type", type},
                      {"verdict", name(verdict.cause)},
                      {"certainty", name(verdict.certainty)},
                      {"text", verdict.sentence.en},
                      {"text_zh", verdict.sentence.zh},
                      {"evidence", list_of(verdict.evidence)},
                      {"others", OrderedJson::array()},
                      {"next", verdict.next.en},
                      {"next_zh", verdict.next.zh}};
  for (const Text& each : verdict.others) told["others"].push_back({{"text", each.en}, {"text_zh", each.zh}});
  return told;
}

void add_socket(const kernel::SocketFacts& socket, OrderedJson& told) {
  told["local"] = socket.local.str();
  told["remote"] = socket.remote.str();
  told["state"] = name(socket.state);
  told["timer"] = name(socket.timer);
  told["expires_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(socket.expires).count();
  told["retransmits"] = socket.retransmits;
  told["recv_queue"] = socket.recv_queue;
  told["send_queue"] = socket.send_queue;
  told["uid"] = socket.uid;
  told["inode"] = socket.inode;
}

OrderedJson owners_json(const std::vector<kernel::Owner>& owners) {
  OrderedJson list = OrderedJson::array();
  for (const kernel::Owner& each : owners) {
    list.push_back({{"pid", each.pid}, {"program", each.program}, {"fd", each.descriptor}});
  }
  return list;
}

}  // namespace

std::string json_line(const Seen& seen, const Verdict& verdict) {
  OrderedJson told = verdict_json("socket", verdict);
  add_socket(seen.last, told);
  told["owners"] = owners_json(seen.owners);
  told["looked_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(seen.between).count();
  return one_line(told);
}

std::string json_line(const Death& death, const Verdict& verdict) {
  OrderedJson told = verdict_json("death", verdict);
  add_socket(death.alive ? death.alive->last : death.dead, told);
  if (death.alive) told["owners"] = owners_json(death.alive->owners);
  return one_line(told);
}

std::string json_line(const std::string& what, const Verdict& verdict) {
  OrderedJson told = verdict_json("target", verdict);
  told["target"] = what;
  return one_line(told);
}

}  // namespace loquat::wire
