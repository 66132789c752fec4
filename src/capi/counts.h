// counts.h - counts the calls of the functions of loquat.h.
//
// Layer: capi (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

namespace loquat::capi {

// The counters of one function. All functions form a list.
struct Count {
  explicit Count(const char* function) : name(function), next(first) { first = this; }
  Count& called() noexcept {
    calls.fetch_add(1, std::memory_order_relaxed);
    return *this;
  }
  // nullptr if there is no function of that name.
  static const Count* find(const char* function) noexcept {
    const Count* each = function == nullptr ? nullptr : first;
    while (each != nullptr && std::strcmp(each->name, function) != 0) each = each->next;
    return each;
  }

  const char* const name;
  const Count* const next;
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> parks{0};  // calls that really had to wait
  static inline const Count* first = nullptr;
};

inline struct Counts {
  Count accept{"accept"}, connect{"connect"}, recv{"recv"}, recvmsg{"recvmsg"}, send{"send"}, sendmsg{"sendmsg"};
  Count sendall{"sendall"}, sendfile{"sendfile"}, bind{"bind"}, listen{"listen"}, shutdown{"shutdown"};
  Count close{"close"}, detach{"detach"}, dup{"dup"}, fileno{"fileno"}, set_nonblocking{"set_nonblocking"};
  Count getsockname{"getsockname"}, getpeername{"getpeername"}, getsockopt{"getsockopt"}, setsockopt{"setsockopt"};
  Count socket_new{"socket_new"}, socket_from_fd{"socket_from_fd"}, socketpair{"socketpair"};
} counts;

}  // namespace loquat::capi
