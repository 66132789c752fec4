#include "loquat/static_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "base/content_type.h"
#include "codec/http1/conditions.h"
#include "codec/http1/write.h"
#include "codec/text/url.h"
#include "http/connection.h"
#include "loquat/fiber.h"
#include "net/sendfile.h"
#include "sys/open_beneath.h"

namespace loquat::http {
namespace {

constexpr std::size_t file_piece = 64 * 1024;

struct OpenFile {
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd >= 0) ::close(fd);
  }
  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(status.st_size); }

  int fd = -1;
  struct stat status {};
};

[[noreturn]] void throw_open_error(int error, const std::string& name) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:  // a link that leaves the folder
    case ENAMETOOLONG:
    case ENXIO:  // a socket
    case ENODEV:
      throw Error(404);
    case EACCES:
    case EPERM:
      throw Error(403);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      throw Error(503, "the server is short of resources");
    default:
      throw_oserror(error, {"open " + name, {}, {}, 0});
  }
}

// FNV-1a. It tells versions apart, and does not show the number of the inode.
std::string tag_of(const struct stat& status) {
  std::uint64_t hash = 14695981039346656037u;
  for (const auto number :
       {static_cast<std::uint64_t>(status.st_mtim.tv_sec), static_cast<std::uint64_t>(status.st_mtim.tv_nsec),
        static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_ino)}) {
    for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ (number >> shift & 0xff)) * 1099511628211u;
  }
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "\"%016llx\"", static_cast<unsigned long long>(hash));
  return text.data();
}

std::chrono::sys_seconds clock_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Last-Modified. A date in the future must not be sent; one that nobody has set says nothing.
std::optional<std::chrono::sys_seconds> date_of(const struct stat& status) {
  if (status.st_mtim.tv_sec <= 0) return std::nullopt;
  return std::min(std::chrono::sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec)), clock_seconds());
}

// Reads before the first byte is sent, so that a failure can still be answered.
void send_part(Response& response, int fd, const codec::Part& part) {
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(part.length, file_piece)), '\0');
  if (part.length == 0) return response.start(0);
  for (std::uint64_t done = 0; done < part.length;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(part.length - done, buffer.size()));
    const std::size_t size = net::read_at(fd, {buffer.data(), wanted}, static_cast<std::size_t>(part.first + done));
    if (size == 0) throw std::runtime_error("the file became shorter while it was sent");
    if (done == 0) response.start(part.length);
    response.write({buffer.data(), size});
    done += size;
  }
}

}  // namespace

struct StaticFolder::State {
  State(const std::string& path, StaticFolderOptions given) : options(std::move(given)) {
    check_value(options.cache_control);
    for (const auto& [ending, type] : options.content_types) check_value(type);
    folder.fd = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder.fd < 0) throw_oserror(errno, {"StaticFolder " + path, {}, {}, 0});
  }

  std::string name_of(std::string_view path) const;
  void open(const std::string& name, OpenFile& file) const;
  std::string_view type_of(std::string_view name) const;
  void answer(const Request& request, Response& response, const std::string& name, const OpenFile& file) const;
  void redirect(const Request& request, Response& response) const;

  const StaticFolderOptions options;
  OpenFile folder;
};

// The name below the folder of a path.
std::string StaticFolder::State::name_of(std::string_view path) const {
  const auto normal = codec::normalize_path(path);
  if (!normal || normal != codec::percent_decode(path)) throw Error(404);
  if (!options.hidden && normal->find("/.") != std::string::npos) throw Error(404);
  const bool is_folder = normal->ends_with('/');
  if (is_folder && options.index.empty()) throw Error(404);
  return normal->substr(1) + (is_folder ? options.index : "");
}

void StaticFolder::State::open(const std::string& name, OpenFile& file) const {
  int result = sys::open_beneath(folder.fd, name, true);
  if (result == -EAGAIN) {
    offload([&] { file.fd = result = sys::open_beneath(folder.fd, name, false); });
  }
  file.fd = result;
  if (result < 0) throw_open_error(-result, name);
  if (::fstat(file.fd, &file.status) < 0) throw_open_error(errno, name);
}

std::string_view StaticFolder::State::type_of(std::string_view name) const {
  const std::pair<const std::string, std::string>* longest = nullptr;
  for (const auto& each : options.content_types) {
    if (name.ends_with(each.first) && (longest == nullptr || each.first.size() > longest->first.size()))
      longest = &each;
  }
  return longest != nullptr ? std::string_view(longest->second) : content_type_of(name);
}

// Relative, and not to be taken for another host or scheme.
void StaticFolder::State::redirect(const Request& request, Response& response) const {
  if (request.path().ends_with('/')) throw Error(404);  // it was mapped to this folder, and would be again
  std::string to = "./";
  to.append(request.path().substr(request.path().rfind('/') + 1)) += '/';
  if (!request.query().empty()) to.append("?").append(request.query());
  if (!options.cache_control.empty()) response.header("Cache-Control", options.cache_control);
  response.status(301).content_type("").header("Location", to).send();
}

void StaticFolder::State::answer(const Request& request, Response& response, const std::string& name,
                                 const OpenFile& file) const {
  const codec::HttpRequest& head = *Connection::of(request).request();
  const std::string tag = tag_of(file.status);
  const codec::Validators validators{tag, date_of(file.status)};
  const codec::Conditions conditions = codec::check_conditions(head, validators);
  if (conditions == codec::Conditions::failed) throw Error(412);
  codec::Part part{codec::Part::whole, 0, file.size()};
  if (request.method() == "GET" && conditions == codec::Conditions::proceed)
    part = codec::requested_part(head, file.size(), validators, clock_seconds());
  const std::string size = std::to_string(file.size());
  if (part.kind == codec::Part::unsatisfiable) throw Error(416).header("Content-Range", "bytes */" + size);

  response.header("ETag", tag).header("Accept-Ranges", "bytes").header("X-Content-Type-Options", "nosniff");
  if (validators.modified) response.header("Last-Modified", codec::http_date(*validators.modified));
  if (!options.cache_control.empty()) response.header("Cache-Control", options.cache_control);
  if (conditions == codec::Conditions::not_modified) return response.status(304).send();
  response.content_type(type_of(name));
  if (part.kind == codec::Part::part) {
    const std::string range = std::to_string(part.first) + '-' + std::to_string(part.first + part.length - 1);
    response.status(206).header("Content-Range", "bytes " + range + '/' + size);
  }
  if (request.method() == "HEAD") return response.start(part.length);
  send_part(response, file.fd, part);
}

StaticFolder::StaticFolder(const std::string& folder, StaticFolderOptions options)
    : state_(std::make_shared<State>(folder, std::move(options))) {}

void StaticFolder::serve(const Request& request, Response& response, std::string_view path) const {
  if (request.method() != "GET" && request.method() != "HEAD") throw Error(405).header("Allow", "GET, HEAD");
  const std::string name = state_->name_of(path);
  OpenFile file;
  state_->open(name, file);
  if (S_ISREG(file.status.st_mode)) return state_->answer(request, response, name, file);
  if (!S_ISDIR(file.status.st_mode) || path.ends_with('/') || state_->options.index.empty()) throw Error(404);
  OpenFile index;
  state_->open(name + '/' + state_->options.index, index);
  if (!S_ISREG(index.status.st_mode)) throw Error(404);
  state_->redirect(request, response);
}

}  // namespace loquat::http
