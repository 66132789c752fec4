// static_folder.h - serves the files of a folder over HTTP.
//
//   loquat::http::serve(loquat::create_server({"", 8080}), loquat::http::StaticFolder("public"));
//
// Or as a part of a server:
//   const http::StaticFolder files("public");
//   http::serve(create_server({"", 8080}), [&](http::Request& request, http::Response& response) {
//     if (request.path() == "/time") return response.send("12 o'clock");
//     files.serve(request, response);
//   });
//
// True of every call in this file:
//   Names     The path is percent-decoded once and names a file below the folder. What no browser sends names none: "."
//             and ".." as parts of the path, "//", an encoded '/', a backslash, control characters, text that is not
//             UTF-8. So each file has one decoded name. Names that begin with '.' are hidden (`hidden`).
//   Links     A relative symbolic link that never leaves the folder is followed, unless the kernel has no openat2(2)
//             (before Linux 5.6) or a sandbox forbids it: then none is. Absolute ones lead nowhere. Whatever happens to
//             the folder meanwhile, no file outside of it is opened. Hard links cannot be told from files.
//   Answers   200, or 206 for one range of bytes; a request for several ranges gets the whole file. 304 by tag or date.
//             A path that ends in '/' is the index.html there; without the '/', 301 leads to it. Everything else is
//             thrown as http::Error: 404 for what is not there and for what is no file (FIFOs, devices, a folder
//             without index.html: nothing is listed), 403 without permission, 405 for a method other than GET and HEAD,
//             412 for a condition that does not hold, 416 for a range behind the end, 503 without descriptors.
//   Headers   ETag (of the time of change, size and inode), Last-Modified, Accept-Ranges, Cache-Control,
//             X-Content-Type-Options: nosniff, and the Content-Type by the ending of the name.
//   Changes   A file that grows while it is sent is sent as it was announced. If it becomes shorter, the connection is
//             closed and the log says so. One that is overwritten may arrive mixed: to replace a file, rename(2) a new
//             one over it.
//   Waiting   A file is sent in pieces of 64 KiB; write_timeout (http.h) bounds each. What is not in the page cache is
//             read, and looked up, on the pool of offload() (fiber.h).
//   Threads   A StaticFolder is immutable; any number of workers may use one. Copies share the open folder.
//
// Layer: http (docs/layers.txt).  Start at examples/06_files.cc.  Source: RFC 9110 s.8.8, s.13, s.14; Go's
// http.FileServer, nginx, Flask's send_from_directory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "loquat/http.h"

namespace loquat::http {

struct StaticFolderOptions {
  // The file that a path ending in '/' stands for; "" for none: such paths and folders are then 404.
  std::string index = "index.html";
  // The Cache-Control of every file; "" for none. With "no-cache" a client asks each time whether the file has changed.
  std::string cache_control = "no-cache";
  // Content-Type by ending, before the built-in table: {{".html", "text/html; charset=gbk"}}. Case matters here. An
  // ending that nobody knows is "application/octet-stream".
  std::map<std::string, std::string> content_types = {};
  // Whether files and folders whose names begin with '.' are served, too.
  bool hidden = false;
};

class StaticFolder {
 public:
  // Opens the folder. It is served from then on, even if it is renamed, or `folder` was a link that changes. Throws
  // OSError if it cannot be opened or is no folder, std::invalid_argument if an option contains control characters.
  explicit StaticFolder(const std::string& folder, StaticFolderOptions options = {});

  // Answers with the file that request.path() names.
  void serve(const Request& request, Response& response) const { serve(request, response, request.path()); }
  // The same for another path: the end of the request's, or a file that answers for many pages.
  //   files.serve(request, response, request.path().substr(7));   // "/static/a.css" is a.css
  //   files.serve(request, response, "/app.html");
  // `path` is still percent-encoded and begins with '/', else it names no file. `response` may have header fields
  // already; it must not have started.
  void serve(const Request& request, Response& response, std::string_view path) const;
  // A StaticFolder is a Handler.
  void operator()(const Request& request, Response& response) const { serve(request, response); }

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace loquat::http
