// current_world.h - the World that the calls of this thread use.
//
// Layer: sched.
#pragma once

#include "sys/world.h"

namespace loquat::sched {

// The World of the calling fiber or of a simulated offload(); nullptr elsewhere.
sys::World* current_world() noexcept;
// Sets the World of a thread that runs no worker; nullptr unsets it. A simulation calls this so that offloaded
// functions see its clock.
void set_thread_world(sys::World* world) noexcept;

}  // namespace loquat::sched
