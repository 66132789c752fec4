// unwinding.h - the state of a fiber's exceptions, read from the C++ runtime's records.
//
// `exceptions` is a thread's __cxa_eh_globals, or the copy of a fiber that is not running: the exception whose handler
// was entered last, and the number of exceptions that have no handler yet.
//
// Layer: sched.  Source: Itanium C++ ABI, Exception Handling, 2.2.1 and 2.2.2.
#pragma once

#include <cstring>
#include <typeinfo>

namespace loquat::sched {

// Whether the stack is being unwound. An exception that leaves a destructor then ends the program.
inline bool is_unwinding(const void* const* exceptions) noexcept {
  unsigned uncaught = 0;
  std::memcpy(&uncaught, &exceptions[1], sizeof uncaught);
  return uncaught != 0;
}

// Whether the innermost handler handles a `type`. Does not recognize an exception that std::rethrow_exception() threw:
// its header has another layout.
inline bool is_handling(const void* const* exceptions, const std::type_info& type) noexcept {
  if (exceptions[0] == nullptr) return false;
  const void* first = nullptr;
  std::memcpy(&first, exceptions[0], sizeof first);
  return first == &type;
}

}  // namespace loquat::sched
