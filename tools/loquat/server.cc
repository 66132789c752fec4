#include "server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "loquat/socket.h"
#include "loquat_page.h"

namespace loquat::tool {
namespace {

// Names that look like the server itself.
const std::vector<std::string> reserved{"operator", "server", "loquat", "system", "admin", "root", "help"};

chat::LogOptions log_options(LogSink* sink) {
  chat::LogOptions options;
  options.reserved_nicks = reserved;
  options.log = sink;
  return options;
}

http::ServerOptions web_options(LogSink* sink) {
  http::ServerOptions options;
  options.log = sink;
  return options;
}

// A socket file that nobody listens on is left from a server that was killed.
void remove_stale(const std::string& path) {
  struct stat status;
  if (path.starts_with('@') || ::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  Socket probe(AF_UNIX);
  if (probe.connect_ex(Address::unix_path(path)) == ECONNREFUSED) ::unlink(path.c_str());
}

Address resolve(const std::string& where) {
  HostPort target = parse_host_port(where);
  if (!target.unix_path.empty()) {
    remove_stale(target.unix_path);
    return Address::unix_path(target.unix_path);
  }
  if (target.host.empty()) return Address("", target.port);
  return getaddrinfo(target.host, target.port).front().address;
}

std::string advice(int error) {
  switch (error) {
    case EADDRINUSE:
      return "another program listens there; stop it, or choose another port with --listen";
    case EACCES:
      return "ports below 1024 need a right (CAP_NET_BIND_SERVICE); choose another with --listen";
    case EADDRNOTAVAIL:
      return "this machine has no such address; see `ip address`";
    default:
      return "choose another address with --listen";
  }
}

}  // namespace

Server::Server(chat::Archive& archive, doors::Options options, LogSink* sink)
    : log_(archive, log_options(sink)),
      context_{log_, std::move(options), sink},
      web_door_(context_, loquat_page::files()),
      web_(web_door_.handler(), web_options(sink)),
      front_(context_, web_) {}

Server::~Server() {
  CancelShield shield;
  stop("the server is shutting down", Duration::zero());
}

Address Server::listen(const std::string& where) {
  try {
    Address address = resolve(where);
    auto servers = std::make_unique<std::vector<Socket>>(create_servers(address, workers(), 1024));
    Address bound = servers->front().getsockname();
    if (bound.family() == AF_UNIX && !where.starts_with("unix:@")) unix_paths_.push_back(bound.host());
    for (std::size_t i = 0; i < servers->size(); ++i) {
      acceptors_.push_back(spawn_on(i, [this, listener = &(*servers)[i]] { front_.serve(*listener); }));
    }
    listeners_.push_back(std::move(servers));
    return bound;
  } catch (const gaierror& e) {
    throw std::runtime_error("cannot listen on " + where + ": " + e.what());
  } catch (const OSError& e) {
    throw std::runtime_error("cannot listen on " + where + ": " + e.code().message() + "; " + advice(e.errc()));
  }
}

bool Server::stop(const std::string& reason, Duration drain) {
  front_.stop(reason);
  web_.stop();
  bool all_gone = front_.wait_stopped(drain);
  for (auto& acceptor : acceptors_) acceptor.join();
  acceptors_.clear();
  listeners_.clear();
  log_.stop();
  for (auto& path : unix_paths_) ::unlink(path.c_str());
  unix_paths_.clear();
  return all_gone;
}

}  // namespace loquat::tool
