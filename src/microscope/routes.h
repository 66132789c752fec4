// routes.h - /wire over HTTP: scenarios, recordings, layers of a frame, live labs, and what is known of the visitor's
// own connection. The page itself is a file that the web door serves.
//
//   GET  /wire/scenarios             what there is: groups and scenarios, and whether the visitor may start labs
//   GET  /wire/scenarios/NAME        what it teaches, in both languages
//   GET  /wire/recordings/NAME.jsonl a trace that was recorded once ("loquat.wire/1")
//   POST /wire/layers                a frame in hexadecimal in, its layers out
//   GET  /wire/me                    what is known of the connection that asks (own_connection.h)
//   WS   /wire/live                  a lab (live.h)
//
//   Trust     Everybody may read. Only visitors whom RoutesOptions::trusts, or who know the key, may start labs.
//             RoutesOptions judges a WebSocket's Origin; Host has been checked before.
//   Errors    {"error": "..."} with the status.
//   Threads   Any number of workers may use one.
//
// Layer: microscope (docs/layers.txt).  Formats: docs/wire-page.md.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/static_files.h"
#include "loquat/http.h"
#include "microscope/known_connections.h"
#include "microscope/live.h"
#include "microscope/made_files.h"
#include "wire/scenarios/scenario_text.h"

namespace loquat::microscope {

struct RoutesOptions {
  // Whether the visitor may start labs. By default nobody may.
  std::function<bool(const http::Request&)> trusts = [](const http::Request&) { return false; };
  // Whether that is the operator key.
  std::function<bool(const http::Request&, std::string_view)> knows_key = [](auto&, auto) { return false; };
  // Whether a page of this Origin may open a WebSocket. By default, if it has the request's host and port.
  std::function<bool(std::string_view origin, const http::Request&)> check_origin = {};
  // What runs a lab; NAME and options are appended.
  std::vector<std::string> lab_command = {"/proc/self/exe", "wire", "play"};
  LabLimits labs = {};
};

class Routes {
 public:
  // `files`: texts and recordings (src/wire/files). Throws std::invalid_argument for a text with a mistake in it.
  Routes(std::span<const EmbeddedFile> files, RoutesOptions options);
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;

  // Answers one request; returns false if the path is none of these. Runs as long as a WebSocket is open. Looks at the
  // connection at its first request, before the answer.
  bool serve(http::Request& request, http::Response& response);
  // Ends all labs and their WebSockets. Does not wait.
  void stop() noexcept { labs_.stop(); }

 private:
  void live(http::Request& request, http::Response& response);
  void scenarios(const http::Request& request, http::Response& response) const;
  std::vector<MadeFile> make_list(bool labs) const;
  std::vector<MadeFile> make_texts() const;
  void layers(http::Request& request, http::Response& response) const;
  void me(const http::Request& request, http::Response& response);
  const wire::ScenarioText* find(std::string_view name) const;
  bool has_recording(std::string_view name) const;
  bool get(http::Request& request, http::Response& response);

  RoutesOptions options_;
  std::vector<wire::ScenarioText> texts_;
  std::vector<std::string> paths_;      // of the recordings, as they are served
  std::vector<EmbeddedFile> recorded_;  // refers to them
  http::StaticFiles recordings_;        // refers to these
  MadeFiles list_, list_with_labs_;     // what there is, for those who may not and may start labs
  MadeFiles each_;                      // what one teaches
  KnownConnections connections_;
  Labs labs_;
};

}  // namespace loquat::microscope
