// counters.h - what the kernel counts for a whole network namespace: the figures of netstat -s and nstat.
//
//   Names     Counters of TcpExt have their own name ("ListenOverflows", "TCPAbortOnData"). Those of other groups begin
//             with the group's name, as in nstat ("TcpEstabResets", "IcmpInDestUnreachs", "IpExtInCEPkts"). Of
//             IPv6's there is Icmp6InDestUnreachs.
//   Values    Count from the namespace's creation. Settings in the same files, such as TcpRtoMin, are left out.
//
// Layer: wire (docs/layers.txt).  Source: proc(5), RFC 1213, the kernel's Documentation/networking/snmp_counter.rst.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace loquat::wire::kernel {

using CounterValues = std::map<std::string, std::int64_t>;

// The counters of the calling thread's network namespace. Empty if /proc is not mounted.
CounterValues read_counters();
// The counters that differ, and by how much.
CounterValues moved(const CounterValues& before, const CounterValues& after);
// The value of one counter; 0 if it does not exist.
std::int64_t value(const CounterValues& counters, const std::string& name);

// The text of /proc/net/netstat or snmp: pairs of lines, names and values. A line without its pair is left out.
CounterValues parse_counters(std::string_view text);

}  // namespace loquat::wire::kernel
