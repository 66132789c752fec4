#include "microscope/routes.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "codec/text/hex.h"
#include "http/passed_on.h"
#include "wire/show/layers.h"
#include "wire/text/json.h"
#include "wire/text/json_writer.h"
#include "wire/text/texts.h"

namespace loquat::microscope {
namespace {

using wire::Json;
using wire::json_object;
using wire::JsonObject;
using wire::ScenarioGroup;
using wire::ScenarioText;

constexpr std::size_t max_frame = 64 * 1024;
constexpr std::string_view recordings_prefix = "/recordings/";

std::vector<std::string> recording_paths(std::span<const EmbeddedFile> files) {
  std::vector<std::string> paths;
  for (const EmbeddedFile& file : files) {
    if (file.path.starts_with(recordings_prefix)) paths.push_back("/wire" + std::string(file.path));
  }
  return paths;
}

// The recordings under the paths at which they are served.
std::vector<EmbeddedFile> recording_files(std::span<const EmbeddedFile> files, const std::vector<std::string>& paths) {
  std::vector<EmbeddedFile> out;
  for (const EmbeddedFile& file : files) {
    if (!file.path.starts_with(recordings_prefix)) continue;
    out.push_back(file);
    out.back().path = paths[out.size() - 1];
  }
  return out;
}

void send_json(http::Response& response, const std::string& text, int status = 200) {
  http::add_strict_headers(response);
  response.status(status).content_type("application/json").send(text);
}

void send_error(http::Response& response, int status, std::string_view text) {
  send_json(response, json_object([&](JsonObject& json) { json.put("error", text); }), status);
}

http::StaticOptions recording_options() {
  http::StaticOptions options;
  options.csp = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
  return options;
}

// The frame in a request for its layers.
struct AskedFrame {
  std::vector<std::byte> bytes;
  codec::LinkType link = codec::LinkType::ethernet;
  bool lab = false;
};

std::optional<AskedFrame> read_frame(std::string_view body) {
  const auto too_deep = [](int depth, Json::parse_event_t, Json&) { return depth < 2; };
  const Json asked = Json::parse(body, too_deep, false);
  if (!asked.is_object()) return {};
  const auto hex = asked.find("bytes"), link = asked.find("link"), lab = asked.find("lab");
  if (hex == asked.end() || !hex->is_string()) return {};
  AskedFrame frame;
  auto bytes = codec::from_hex(hex->get_ref<const std::string&>());
  if (!bytes || bytes->size() > max_frame) return {};
  frame.bytes = std::move(*bytes);
  if (link != asked.end()) {
    if (!link->is_number_unsigned() || link->get<std::uint64_t>() > 0xffff) return {};
    frame.link = static_cast<codec::LinkType>(link->get<std::uint16_t>());
  }
  frame.lab = lab != asked.end() && lab->is_boolean() && lab->get<bool>();
  return frame;
}

bool is_reading(const http::Request& request) { return request.method() == "GET" || request.method() == "HEAD"; }

}  // namespace

Routes::Routes(std::span<const EmbeddedFile> files, RoutesOptions options)
    : options_(std::move(options)),
      texts_(wire::scenario_texts(files)),
      paths_(recording_paths(files)),
      recorded_(recording_files(files, paths_)),
      recordings_(recorded_, recording_options()),
      list_(make_list(false)),
      list_with_labs_(make_list(true)),
      each_(make_texts()),
      labs_(options_.lab_command, options_.labs) {}

std::vector<MadeFile> Routes::make_list(bool labs) const {
  std::string list = json_object([&](JsonObject& json) {
    json.put("labs", labs);
    json.list("groups", wire::scenario_groups(), [](JsonObject each, const ScenarioGroup& group) {
      each.put("name", group.name).put("title", group.title);
    });
    json.list("scenarios", texts_, [&](JsonObject each, const ScenarioText& text) {
      put_summary(each, text);
      each.put("recording", has_recording(text.name));
    });
  });
  return {{"/wire/scenarios", std::move(list)}};
}

std::vector<MadeFile> Routes::make_texts() const {
  std::vector<MadeFile> all;
  for (const ScenarioText& text : texts_) {
    all.emplace_back("/wire/scenarios/" + std::string(text.name), json_object([&](JsonObject& json) {
                       put_summary(json, text);
                       json.put("recording", has_recording(text.name)).put("text", text.body);
                     }));
  }
  return all;
}

bool Routes::serve(http::Request& request, http::Response& response) {
  const std::string_view path = request.path();
  connections_.observe(request.socket());
  if (path == "/wire/live") {
    live(request, response);
    return true;
  }
  if (path == "/wire/layers") {
    layers(request, response);
    return true;
  }
  return is_reading(request) && get(request, response);
}

bool Routes::get(http::Request& request, http::Response& response) {
  constexpr std::string_view one = "/wire/scenarios/";
  const std::string_view path = request.path();
  if (path == "/wire") {
    response.status(308).header("Location", "/wire/").send();
  } else if (path == "/wire/me") {
    me(request, response);
  } else if (path == "/wire/scenarios") {
    scenarios(request, response);
  } else if (path.starts_with(one)) {
    if (!each_.serve(request, response)) send_error(response, 404, "there is no scenario of that name");
  } else {
    return recordings_.serve(request, response);
  }
  return true;
}

void Routes::scenarios(const http::Request& request, http::Response& response) const {
  (options_.trusts(request) ? list_with_labs_ : list_).serve(request, response);
}

void Routes::me(const http::Request& request, http::Response& response) {
  std::optional<std::string> told = connections_.describe(request.socket());
  if (!told) return send_error(response, 409, "this is no TCP connection that the kernel tells about");
  told->pop_back();
  send_json(response, *told + ",\"passed_on\":" + (http::was_passed_on(request) ? "true" : "false") + '}');
}

void Routes::layers(http::Request& request, http::Response& response) const {
  if (request.method() != "POST") {
    response.header("Allow", "POST");
    return send_error(response, 405, "a frame is sent here");
  }
  const auto frame = read_frame(request.body());
  if (!frame) return send_error(response, 400, "expected {\"bytes\": hexadecimal, at most 64 KiB, \"link\": a number}");
  wire::LayersFrame view;
  view.bytes = frame->bytes;
  view.link = frame->link;
  if (frame->lab) view.physical = wire::texts::virtual_cable;
  send_json(response, wire::layers_json(view));
}

const ScenarioText* Routes::find(std::string_view name) const {
  const auto found = std::find_if(texts_.begin(), texts_.end(), [&](auto& text) { return text.name == name; });
  return found != texts_.end() ? &*found : nullptr;
}

bool Routes::has_recording(std::string_view name) const {
  return recordings_.find("/wire/recordings/" + std::string(name) + ".jsonl") != nullptr;
}

void Routes::live(http::Request& request, http::Response& response) {
  LabVisitor visitor;
  visitor.trusted = options_.trusts(request);
  visitor.knows_key = [&](std::string_view key) { return options_.knows_key(request, key); };
  visitor.is_scenario = [this](std::string_view name) { return find(name) != nullptr; };
  http::WebSocketOptions options;
  options.max_size = 1024;  // commands are short
  options.check_origin = options_.check_origin;
  http::WebSocket socket = http::accept_websocket(request, response, options);
  labs_.serve(socket, std::move(visitor));
}

}  // namespace loquat::microscope
