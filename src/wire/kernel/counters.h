// counters.h - what the kernel counts for a whole network namespace: the figures of netstat -s and nstat.
//
//   Names     Those of TcpExt as they are ("ListenOverflows", "TCPAbortOnData"), of other groups behind the group's
//             name as nstat writes them ("TcpEstabResets", "IcmpInDestUnreachs", "IpExtInCEPkts").
//   Values    Since the namespace exists. Settings that stand beside them, such as TcpRtoMin, are left out.
//
// Layer: wire (docs/layers.txt).  Source: proc(5), RFC 1213, the kernel's Documentation/networking/snmp_counter.rst.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace loquat::wire::kernel {

using CounterValues = std::map<std::string, std::int64_t>;

// Of the network namespace that the calling thread is in. Empty if /proc is not there.
CounterValues read_counters();
// Those that differ, and by how much.
CounterValues moved(const CounterValues& before, const CounterValues& after);
// 0 for one that is not there.
std::int64_t value(const CounterValues& counters, const std::string& name);

// The text of /proc/net/netstat or snmp: pairs of lines, names and values. A line without its pair is left out.
CounterValues parse_counters(std::string_view text);

}  // namespace loquat::wire::kernel
