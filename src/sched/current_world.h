// current_world.h - the World that a thread's calls go to.
//
// Layer: sched.
#pragma once

#include "sys/world.h"

namespace loquat::sched {

// The World of the calling fiber, or of a simulation's offloaded function; nullptr elsewhere.
sys::World* current_world() noexcept;
// Makes `world` the calling thread's while it runs no worker; nullptr ends that. For a simulation, whose offloaded
// functions must see its clock.
void set_thread_world(sys::World* world) noexcept;

}  // namespace loquat::sched
