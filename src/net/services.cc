// services.cc - services, protocols, interfaces, and addresses in bytes.
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>

#include <cerrno>
#include <memory>
#include <stdexcept>

#include "base/c_string.h"
#include "loquat/error.h"
#include "loquat/names.h"
#include "net/lookup.h"

namespace loquat {
namespace {

constexpr std::size_t entry_space = 4096;  // for an entry of /etc/services or /etc/protocols with its aliases

[[noreturn]] void unknown(const char* operation, const std::string& what) {
  throw_oserror(ENOENT, {operation, {}, what, 0});
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

std::uint16_t getservbyname(const std::string& service, const std::string& protocol) {
  refuse_nul(service, "getservbyname", "service");
  refuse_nul(protocol, "getservbyname", "protocol");
  return net::on_pool([=] {
    char space[entry_space];
    servent entry{}, *found = nullptr;
    ::getservbyname_r(service.c_str(), or_null(protocol), &entry, space, sizeof(space), &found);
    if (found == nullptr) unknown("getservbyname", service);
    return ntohs(static_cast<std::uint16_t>(entry.s_port));
  });
}

std::string getservbyport(std::uint16_t port, const std::string& protocol) {
  refuse_nul(protocol, "getservbyport", "protocol");
  return net::on_pool([=] {
    char space[entry_space];
    servent entry{}, *found = nullptr;
    ::getservbyport_r(htons(port), or_null(protocol), &entry, space, sizeof(space), &found);
    if (found == nullptr) unknown("getservbyport", std::to_string(port));
    return std::string(entry.s_name);
  });
}

int getprotobyname(const std::string& protocol) {
  refuse_nul(protocol, "getprotobyname", "protocol");
  return net::on_pool([=] {
    char space[entry_space];
    protoent entry{}, *found = nullptr;
    ::getprotobyname_r(protocol.c_str(), &entry, space, sizeof(space), &found);
    if (found == nullptr) unknown("getprotobyname", protocol);
    return entry.p_proto;
  });
}

// --- interfaces ----------------------------------------------------------------------------------------------------

std::vector<std::pair<unsigned, std::string>> if_nameindex() {
  const std::unique_ptr<struct ::if_nameindex, decltype(&::if_freenameindex)> list(::if_nameindex(),
                                                                                   &::if_freenameindex);
  if (!list) throw_oserror(errno, {"if_nameindex", {}, {}, 0});
  std::vector<std::pair<unsigned, std::string>> result;
  for (auto* each = list.get(); each->if_index != 0; ++each) result.emplace_back(each->if_index, each->if_name);
  return result;
}

unsigned if_nametoindex(const std::string& name) {
  const unsigned index = ::if_nametoindex(c_string(name, "if_nametoindex", "name"));
  if (index == 0) throw_oserror(ENODEV, {"if_nametoindex", {}, name, 0});
  return index;
}

std::string if_indextoname(unsigned index) {
  char name[IF_NAMESIZE];
  if (::if_indextoname(index, name) == nullptr) throw_oserror(ENXIO, {"if_indextoname", {}, std::to_string(index), 0});
  return name;
}

// --- packed addresses ----------------------------------------------------------------------------------------------

namespace {

std::size_t packed_size(const char* operation, int family) {
  if (family == AF_INET) return sizeof(in_addr);
  if (family == AF_INET6) return sizeof(in6_addr);
  throw_oserror(EAFNOSUPPORT, {operation, {}, {}, 0});
}

}  // namespace

std::string inet_pton(int family, const std::string& text) {
  std::string packed(packed_size("inet_pton", family), '\0');
  if (::inet_pton(family, c_string(text, "inet_pton", "address"), packed.data()) != 1)
    throw_oserror(EINVAL, {"inet_pton", {}, text, 0});
  return packed;
}

std::string inet_ntop(int family, std::string_view packed) {
  if (packed.size() != packed_size("inet_ntop", family)) {
    throw std::invalid_argument("inet_ntop: not the size of an address of this family");
  }
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(family, packed.data(), text, sizeof(text));
}

std::string inet_aton(const std::string& text) {
  in_addr address{};
  if (::inet_aton(c_string(text, "inet_aton", "address"), &address) == 0)
    throw_oserror(EINVAL, {"inet_aton", {}, text, 0});
  return std::string(reinterpret_cast<const char*>(&address), sizeof(address));
}

std::string inet_ntoa(std::string_view packed) { return inet_ntop(AF_INET, packed); }

}  // namespace loquat
