#include "admin_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fmt/core.h>

#include "doors/operator/admin_door.h"
#include "loquat/address.h"
#include "loquat/error.h"

namespace loquat::tool {
namespace {

constexpr std::size_t max_connections = 64;

void check_directory(const std::string& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) throw std::system_error(errno, std::generic_category(), directory);
  if (info.st_uid != ::geteuid()) throw std::runtime_error("the data directory belongs to another user");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw std::runtime_error("other users can write the data directory: chmod go-w " + directory);
}

// Removes the socket of a server that crashed, and nothing else.
void remove_stale_socket(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISSOCK(info.st_mode)) throw std::runtime_error("there is another file: " + path);
  if (::unlink(path.c_str()) != 0) throw std::system_error(errno, std::generic_category(), path);
}

Socket listen_at(const std::string& directory, const std::string& path) {
  check_directory(directory);
  remove_stale_socket(path);
  Socket socket(AF_UNIX);
  // Before bind(), so that there is no moment at which the file has another mode. Source: unix(7), fchmod on Linux.
  if (::fchmod(socket.fileno(), 0600) != 0) throw std::system_error(errno, std::generic_category(), path);
  socket.bind(Address::unix_path(path));
  socket.listen();
  return socket;
}

}  // namespace

std::string admin_socket_path(const std::string& directory) { return directory + "/admin.sock"; }

AdminSocket::AdminSocket(chat::Log& log, const std::string& directory, LogSink& sink)
    : path_(admin_socket_path(directory)) {
  try {
    StreamServerOptions options;
    options.max_connections = max_connections;
    options.name = "admin";
    options.log = &sink;
    const auto serve = [&log](Socket& connection, const Address&) { doors::admin_door(log, connection); };
    server_.emplace(listen_at(directory, path_), serve, options);
    server_->start();
  } catch (const std::exception& e) {
    sink.write(LogLevel::warning, fmt::format("loquat admin will not reach this server: {}", e.what()));
  }
}

AdminSocket::~AdminSocket() {
  if (!server_) return;
  server_.reset();
  ::unlink(path_.c_str());
}

}  // namespace loquat::tool
