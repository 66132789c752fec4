#include "wire/web.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace loquat::wire {
namespace {

using nlohmann::json;

constexpr std::string_view recordings_prefix = "/recordings/";

std::vector<std::string> recording_paths(std::span<const http::StaticFile> files) {
  std::vector<std::string> paths;
  for (const http::StaticFile& file : files) {
    if (file.path.starts_with(recordings_prefix)) paths.push_back("/wire" + std::string(file.path));
  }
  return paths;
}

// The recordings under the paths at which they are served.
std::vector<http::StaticFile> recording_files(std::span<const http::StaticFile> files,
                                              const std::vector<std::string>& paths) {
  std::vector<http::StaticFile> out;
  for (const http::StaticFile& file : files) {
    if (!file.path.starts_with(recordings_prefix)) continue;
    out.push_back(file);
    out.back().path = paths[out.size() - 1];
  }
  return out;
}

json about(const ScenarioText& text) {
  return {{"name", text.name},
          {"group", text.group},
          {"title", text.title.en},
          {"title_zh", text.title.zh},
          {"teaches", text.teaches.en},
          {"teaches_zh", text.teaches.zh},
          {"rfc", text.rfc}};
}

void send_json(http::Response& response, const std::string& text, int status = 200) {
  http::add_strict_headers(response);
  response.status(status).content_type("application/json").send(text);
}

void send_error(http::Response& response, int status, std::string_view text) {
  send_json(response, json{{"error", text}}.dump(), status);
}

http::StaticOptions recording_options() {
  http::StaticOptions options;
  options.csp = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
  return options;
}

bool is_reading(const http::Request& request) { return request.method() == "GET" || request.method() == "HEAD"; }

}  // namespace

Web::Web(std::span<const http::StaticFile> files, WebOptions options)
    : options_(std::move(options)),
      texts_(scenario_texts(files)),
      paths_(recording_paths(files)),
      recorded_(recording_files(files, paths_)),
      recordings_(recorded_, recording_options()),
      labs_(options_.lab_command, options_.labs) {
  json groups = json::array(), scenarios = json::array();
  for (const ScenarioGroup& group : scenario_groups()) {
    groups.push_back({{"name", group.name}, {"title", group.title.en}, {"title_zh", group.title.zh}});
  }
  for (const ScenarioText& text : texts_) {
    scenarios.push_back(about(text));
    scenarios.back()["recording"] = has_recording(text.name);
  }
  list_ = "\"groups\":" + groups.dump() + ",\"scenarios\":" + scenarios.dump();
}

http::Handler Web::handler() {
  return [this](http::Request& request, http::Response& response) { serve(request, response); };
}

void Web::serve(http::Request& request, http::Response& response) {
  constexpr std::string_view one = "/wire/scenarios/";
  const std::string_view path = request.path();
  if (path == "/wire/live") return live(request, response);
  if (!is_reading(request)) {
    response.header("Allow", "GET, HEAD");
    return send_error(response, 405, "this is only read");
  }
  if (path == "/wire") return response.status(308).header("Location", "/wire/").send();
  if (path == "/wire/scenarios") return scenarios(request, response);
  if (path.starts_with(one)) return scenario(path.substr(one.size()), response);
  if (!recordings_.serve(request, response)) send_error(response, 404, "there is nothing here");
}

void Web::scenarios(const http::Request& request, http::Response& response) const {
  const bool may = options_.trusts(request);
  send_json(response, "{\"labs\":" + std::string(may ? "true" : "false") + ',' + list_ + '}');
}

void Web::scenario(std::string_view name, http::Response& response) const {
  const ScenarioText* text = find(name);
  if (text == nullptr) return send_error(response, 404, "there is no scenario of that name");
  json answer = about(*text);
  answer["recording"] = has_recording(name);
  answer["text"] = text->body.en;
  answer["text_zh"] = text->body.zh;
  send_json(response, answer.dump());
}

const ScenarioText* Web::find(std::string_view name) const {
  const auto found = std::find_if(texts_.begin(), texts_.end(), [&](auto& text) { return text.name == name; });
  return found != texts_.end() ? &*found : nullptr;
}

bool Web::has_recording(std::string_view name) const {
  return recordings_.find("/wire/recordings/" + std::string(name) + ".jsonl") != nullptr;
}

void Web::live(http::Request& request, http::Response& response) {
  LabVisitor visitor;
  visitor.trusted = options_.trusts(request);
  visitor.knows_key = [&](std::string_view key) { return options_.knows_key(request, key); };
  visitor.is_scenario = [this](std::string_view name) { return find(name) != nullptr; };
  http::WebSocketOptions options;
  options.max_size = 1024;  // commands are short
  http::WebSocket socket = http::accept_websocket(request, response, options);
  labs_.serve(socket, std::move(visitor));
}

}  // namespace loquat::wire
