// fiber_name.h - the name of a fiber among its values (set_fiber_name() in fiber.h).
//
// Layer: sched.
#pragma once

#include "loquat/detail/local.h"

namespace loquat::sched {

// Empty if it has none. Also for the handler of a signal that has interrupted the fiber.
const char* name_of(const Locals& locals) noexcept;

}  // namespace loquat::sched
