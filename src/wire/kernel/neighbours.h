// neighbours.h - the hosts on the same link that do not answer for their link address, by ARP or neighbour discovery.
//
// Layer: wire (docs/layers.txt).  Source: rtnetlink(7) RTM_GETNEIGH.
#pragma once

#include <set>
#include <string>

namespace loquat::wire::kernel {

// The addresses in the calling thread's network namespace for which the kernel asks in vain. Empty if it does not tell.
std::set<std::string> neighbours_that_failed();

}  // namespace loquat::wire::kernel
