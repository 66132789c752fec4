// names.cc - host names: the calls that ask a name service.
#include "loquat/names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/c_string.h"
#include "loquat/error.h"
#include "net/descriptor.h"
#include "net/lookup.h"

namespace loquat {

using net::Descriptor;

std::vector<AddressInfo> getaddrinfo(const std::string& host, std::uint16_t port, int family, int type, int flags) {
  return net::resolve(host, port, family, type, flags, never);
}

std::string gethostname() {
  if (!Descriptor::callers_world().is_kernel()) return "localhost";
  char name[256] = "";
  if (::gethostname(name, sizeof(name) - 1) < 0) throw_oserror(errno, {"gethostname", {}, {}, 0});
  return name;
}

std::string getfqdn(const std::string& name) {
  std::string wanted = name.empty() || name == "0.0.0.0" || name == "::" ? gethostname() : name;
  try {
    HostEntry found = gethostbyaddr(wanted);
    found.aliases.insert(found.aliases.begin(), found.name);
    for (const std::string& each : found.aliases) {
      if (each.find('.') != std::string::npos) return each;
    }
    return found.name;
  } catch (const OSError&) {
    return wanted;
  }
}

std::string gethostbyname(const std::string& host) { return getaddrinfo(host, 0, AF_INET).front().address.host(); }

namespace {

std::vector<std::string> literals(int family, char* const* list) {
  std::vector<std::string> result;
  char text[INET6_ADDRSTRLEN];
  for (; *list != nullptr; ++list) result.emplace_back(::inet_ntop(family, *list, text, sizeof(text)));
  return result;
}

// call(entry, space, size, found, h_error) is one of gethostby*_r(3), which fail with ERANGE if the space is too small.
template <class Call>
HostEntry ask(const char* operation, const std::string& host, Call call) {
  std::vector<char> space(1024);
  hostent entry{}, *found = nullptr;
  int error = 0;
  while (call(&entry, space.data(), space.size(), &found, &error) == ERANGE) space.resize(2 * space.size());
  if (found == nullptr) throw herror(error, operation, host);
  HostEntry result{entry.h_name, {}, literals(entry.h_addrtype, entry.h_addr_list)};
  for (char** alias = entry.h_aliases; *alias != nullptr; ++alias) result.aliases.emplace_back(*alias);
  return result;
}

}  // namespace

HostEntry gethostbyname_ex(const std::string& host) {
  refuse_nul(host, "gethostbyname_ex", "host");
  if (!Descriptor::callers_world().is_kernel()) {
    HostEntry result{host, {}, {}};
    for (const AddressInfo& each : getaddrinfo(host, 0, AF_INET)) result.addresses.push_back(each.address.host());
    return result;
  }
  const auto ask_for_it = [host] {
    return ask("gethostbyname_ex", host, [&](auto... out) { return ::gethostbyname_r(host.c_str(), out...); });
  };
  return net::on_pool(ask_for_it, never, "gethostbyname_ex", host);
}

HostEntry gethostbyaddr(const std::string& host) {
  const Address address = getaddrinfo(host, 0).front().address;
  if (!Descriptor::callers_world().is_kernel()) throw herror(HOST_NOT_FOUND, "gethostbyaddr", host);
  return net::on_pool([host, address] {
    const bool v4 = address.family() == AF_INET;
    const void* packed = v4 ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr)
                            : &reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr;
    const socklen_t size = v4 ? sizeof(in_addr) : sizeof(in6_addr);
    return ask("gethostbyaddr", host,
               [&](auto... out) { return ::gethostbyaddr_r(packed, size, address.family(), out...); });
  });
}

std::pair<std::string, std::string> getnameinfo(const Address& address, int flags) {
  const auto names = [address, flags](int more) {
    char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
    const int error =
        ::getnameinfo(address.data(), address.size(), host, sizeof(host), service, sizeof(service), flags | more);
    if (error != 0) throw gaierror(error, address.str());
    return std::pair<std::string, std::string>(host, service);
  };
  if (!Descriptor::callers_world().is_kernel()) {
    if ((flags & NI_NAMEREQD) != 0) throw gaierror(EAI_NONAME, address.str());
    return names(NI_NUMERICHOST);
  }
  constexpr int numeric = NI_NUMERICHOST | NI_NUMERICSERV;
  return (flags & numeric) == numeric ? names(0) : net::on_pool([names] { return names(0); });
}

}  // namespace loquat
