#include "listen_address.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "loquat/socket.h"

namespace loquat::tool {
namespace {

void remove_stale(const std::string& path) {
  struct stat status;
  if (path.starts_with('@') || ::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  Socket probe(AF_UNIX);
  if (probe.connect_ex(Address::unix_path(path)) == ECONNREFUSED) ::unlink(path.c_str());
}

std::string advice(int error) {
  switch (error) {
    case EADDRINUSE:
      return "another program is listening there; stop it, or choose another port with --listen";
    case EACCES:
      return "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE); choose another with --listen";
    case EADDRNOTAVAIL:
      return "this machine has no such address; see `ip address`";
    default:
      return "choose another address with --listen";
  }
}

}  // namespace

Address listen_address(const std::string& where) {
  HostPort target = parse_host_port(where);
  if (!target.unix_path.empty()) {
    remove_stale(target.unix_path);
    return Address::unix_path(target.unix_path);
  }
  if (target.host.empty()) return Address("", target.port);
  return getaddrinfo(target.host, target.port).front().address;
}

std::runtime_error cannot_listen(const std::string& where, const OSError& error) {
  const std::string text = "cannot listen on " + where + ": ";
  if (dynamic_cast<const gaierror*>(&error) != nullptr) return std::runtime_error(text + error.what());
  return std::runtime_error(text + error.code().message() + "; " + advice(error.errc()));
}

}  // namespace loquat::tool
