#include "sim/sim_world.h"

#include <netdb.h>

#include <cstring>

#include "net/lookup.h"
#include "sched/current_world.h"

namespace loquat::sim {
namespace {

using Literals = std::vector<std::string>;

// With AI_NUMERICHOST getaddrinfo(3) only reads text, so its answer is the same everywhere.
int add_literal(const std::string& literal, const char* service, addrinfo hints,
                std::vector<sys::ResolvedAddress>& out) {
  hints.ai_flags |= AI_NUMERICHOST;
  addrinfo* list = nullptr;
  if (int error = ::getaddrinfo(literal.c_str(), service, &hints, &list); error != 0) return error;
  for (addrinfo* info = list; info != nullptr; info = info->ai_next) {
    sys::ResolvedAddress address{info->ai_family, info->ai_socktype, info->ai_protocol, {}, info->ai_addrlen};
    std::memcpy(&address.address, info->ai_addr, info->ai_addrlen);
    out.push_back(address);
  }
  ::freeaddrinfo(list);
  return 0;
}

}  // namespace

int SimWorld::resolve(const char* host, const char* service, int family, int type, int flags,
                      std::vector<sys::ResolvedAddress>& out) {
  Literals literals;
  std::string name = host == nullptr ? "" : host;
  if (name.empty()) {
    literals = (flags & AI_PASSIVE) != 0 ? Literals{"0.0.0.0", "::"} : Literals{"::1", "127.0.0.1"};
  } else if (net::is_ip_literal(name)) {
    literals = {name};
  } else if ((flags & AI_NUMERICHOST) != 0) {
    return EAI_NONAME;
  } else if (auto found = core_.options.hosts.find(name); found != core_.options.hosts.end()) {
    literals = found->second;
  } else if (name == "localhost") {
    literals = {"::1", "127.0.0.1"};
  }
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = type;
  hints.ai_flags = flags & (AI_PASSIVE | AI_NUMERICSERV);
  int error = EAI_NONAME;
  for (const std::string& literal : literals) {
    if (int failed = add_literal(literal, service, hints, out); failed != 0) error = failed;
  }
  return out.empty() ? error : 0;
}

bool SimWorld::offload(sys::Job* job) {
  Duration time = core_.schedule.between(core_.options.min_offload, core_.options.max_offload);
  core_.timeline.after(time, [this, job] {
    core_.trace.add("job", 0);
    sched::set_thread_world(this);  // so that now() in it is the virtual one
    job->run(job);
    sched::set_thread_world(nullptr);
  });
  return true;
}

}  // namespace loquat::sim
