// unwinding.h - what a fiber's exceptions are doing, read from what the C++ runtime keeps of them.
//
// `exceptions` is a thread's __cxa_eh_globals, or a copy of a fiber that does not run: the exception whose handler was
// entered last, and the number of those that have no handler yet.
//
// Layer: sched.  Source: Itanium C++ ABI, Exception Handling, 2.2.1 and 2.2.2.
#pragma once

#include <cstring>
#include <typeinfo>

namespace loquat::sched {

// Whether destructors run because an exception was thrown. One more exception out of them would end the program.
inline bool is_unwinding(const void* const* exceptions) noexcept {
  unsigned uncaught = 0;
  std::memcpy(&uncaught, &exceptions[1], sizeof uncaught);
  return uncaught != 0;
}

// Whether the innermost handler is one of a `type`. An exception that std::rethrow_exception() threw is not recognized:
// its header begins with another pointer.
inline bool is_handling(const void* const* exceptions, const std::type_info& type) noexcept {
  if (exceptions[0] == nullptr) return false;
  const void* first = nullptr;
  std::memcpy(&first, exceptions[0], sizeof first);
  return first == &type;
}

}  // namespace loquat::sched
