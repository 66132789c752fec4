// What is told of the process that holds a socket, and of one that does nothing at all.
#include <algorithm>
#include <set>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

// The state that all of them are in; 0 if they differ: another one may still do the work.
char common_state(const std::vector<kernel::Owner>& owners) {
  const char state = owners.empty() ? '\0' : owners.front().state;
  auto same = [state](const kernel::Owner& each) { return each.state == state; };
  return std::all_of(owners.begin(), owners.end(), same) ? state : '\0';
}

Text cause_and(char state, const Text& owner, const Text& sentence) {
  if (state == 'T') return texts::process_is_stopped(owner, sentence);
  if (state == 't') return texts::process_is_traced(owner, sentence);
  if (state == 'D') return texts::process_waits_in_kernel(owner, sentence);
  return texts::process_has_ended(owner, sentence);
}

}  // namespace

Text owner_text(const std::vector<kernel::Owner>& owners, const kernel::SocketFacts& socket) {
  if (!owners.empty()) {
    std::string name = owners.front().program + " (" + std::to_string(owners.front().pid) + ")";
    std::set<pid_t> processes;
    for (const kernel::Owner& each : owners) processes.insert(each.pid);
    return processes.size() > 1 ? texts::program_and_more(name, processes.size() - 1) : Text{name, name};
  }
  return socket.inode == 0 ? Text(texts::no_process) : texts::hidden_process(socket.uid);
}

std::string pid_text(const std::vector<kernel::Owner>& owners) {
  return owners.empty() ? "PID" : std::to_string(owners.front().pid);
}

Verdict with_state_of(const std::vector<kernel::Owner>& owners, const kernel::SocketFacts& socket, Verdict v) {
  const char state = common_state(owners);
  if (state == '\0' || std::string_view("TtDZ").find(state) == std::string_view::npos) return v;
  const std::string pid = pid_text(owners);
  if (v.certainty == Certainty::possible) v.certainty = Certainty::likely;
  v.sentence = cause_and(state, owner_text(owners, socket), v.sentence);
  v.evidence.insert(v.evidence.begin(), {texts::process_state(pid, std::string(1, state))});
  if (state == 'T') v.next = texts::let_it_go_on(pid);
  if (state == 't') v.next = texts::see_debugger(pid);
  if (state == 'D') v.next = texts::see_kernel_stack(pid);
  return v;
}

Verdict with_state_of_acceptor(const Observation& seen, const std::vector<kernel::Owner>& owners,
                               const kernel::SocketFacts& socket, Verdict v) {
  if (seen.out_of_descriptors) {
    const std::string pid = std::to_string(seen.out_of_descriptors->pid);
    v.sentence = texts::out_of_descriptors(owner_text({*seen.out_of_descriptors}, socket), v.sentence);
    v.evidence.insert(v.evidence.begin(), {texts::descriptors_at_limit(pid)});
    v.next = texts::find_leak_or_raise_limit(pid);
  }
  return with_state_of(owners, socket, std::move(v));
}

}  // namespace loquat::wire::rules
