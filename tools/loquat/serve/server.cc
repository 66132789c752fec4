#include "server.h"

#include <unistd.h>

#include "../listen_address.h"
#include "loquat/socket.h"
#include "loquat_page.h"
#include "loquat_wire_files.h"
#include "microscope/own_connection.h"

namespace loquat::tool {
namespace {

chat::LogOptions log_options(const doors::Options& door_options, LogSink* sink) {
  chat::LogOptions options;
  options.reserved_nicks = {"operator"};
  // A short one, which somebody has chosen, may be a part of what everybody says.
  if (door_options.operator_key.size() >= 12) options.secret = door_options.operator_key;
  options.log = sink;
  return options;
}

http::ServerOptions web_options(LogSink* sink) {
  http::ServerOptions options;
  // Longer than the minute of nginx and of load balancers: else one may send a request just when the connection closes.
  options.idle_timeout = std::chrono::seconds(75);
  options.log = sink;
  return options;
}

microscope::RoutesOptions wire_options(const doors::WebDoor& door) {
  microscope::RoutesOptions options;
  options.trusts = [&door](const http::Request& request) { return door.trusts(request); };
  options.knows_key = [&door](const http::Request& request, std::string_view key) {
    return door.knows_key(request, key);
  };
  options.check_origin = [&door](std::string_view origin, const http::Request& request) {
    return door.knows_origin(request, origin);
  };
  return options;
}

bool has_ipv6() {
  try {
    const Socket probe(AF_INET6);
    return true;
  } catch (const OSError&) {
    return false;
  }
}

}  // namespace

Server::Server(chat::Archive& archive, doors::Options options, LogSink* sink)
    : log_(archive, log_options(options, sink)),
      context_{log_, std::move(options), sink},
      web_door_(context_, loquat_page::files()),
      wire_(loquat_wire_files::files(), wire_options(web_door_)),
      web_(web_door_.handler(), web_options(sink)),
      front_(context_, web_) {
  web_door_.route("/wire", [this](auto& request, auto& response) { return wire_.serve(request, response); });
}

Server::~Server() {
  CancelShield shield;
  stop("the server is shutting down", Duration::zero());
}

Address Server::listen_everywhere(const std::string& port) { return listen(has_ipv6() ? "[::]" + port : port); }

Address Server::listen(const std::string& where) {
  try {
    Address address = listen_address(where);
    std::vector<Socket> listeners = create_servers(address, workers(), 1024);
    for (Socket& listener : listeners) microscope::keep_syns(listener);
    const Address bound = front_.serve(std::move(listeners));
    if (bound.family() == AF_UNIX && !where.starts_with("unix:@")) unix_paths_.push_back(bound.host());
    return bound;
  } catch (const OSError& e) {
    throw cannot_listen(where, e);
  }
}

bool Server::stop(const std::string& reason, Duration drain) {
  wire_.stop();
  front_.stop(reason);
  web_.stop();
  bool all_gone = front_.wait_stopped(drain);
  log_.stop();
  for (auto& path : unix_paths_) ::unlink(path.c_str());
  unix_paths_.clear();
  return all_gone;
}

}  // namespace loquat::tool
