// json_writer.h - JSON text, written member by member into one string.
//
//   std::string line = json_object([&](JsonObject& json) {
//     json.put("n", 3).put("text", bytes);         // bytes that are no UTF-8 become U+FFFD
//     json.object("state").put("client", "LISTEN");
//     json.list("fields", fields, [](JsonObject each, const Field& field) { each.put("name", field.name); });
//   });
//
//   Values    Strings, bool, numbers and nullptr. An empty std::optional and a number that is not finite are null.
//   Order     Members stand in the order of the calls. The writer of an inner object or array must be gone before the
//             outer one goes on: it writes the closing bracket when it ends. Without memory for that the program ends.
//   Names     Are written as they are, but by put_any(), which escapes them.
//
// Layer: wire (docs/layers.txt).  Source: RFC 8259.
#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "wire/text/text.h"

namespace loquat::wire {

void append_json(std::string& out, std::string_view text);

template <class Value>
requires std::is_arithmetic_v<Value>
void append_json(std::string& out, Value value) {
  if constexpr (std::is_same_v<Value, bool>) {
    out += value ? "true" : "false";
  } else {
    if constexpr (std::is_floating_point_v<Value>) {
      if (!std::isfinite(value)) return void(out += "null");
    }
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
}

inline void append_json(std::string& out, std::nullptr_t) { out += "null"; }

template <class Value>
void append_json(std::string& out, const std::optional<Value>& value) {
  value ? append_json(out, *value) : append_json(out, nullptr);
}

class JsonArray;

class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  ~JsonObject() { out_ += '}'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  template <class Value>
  JsonObject& put(std::string_view name, const Value& value) {
    append_json(member(name), value);
    return *this;
  }
  // `name` in English and, if there is any, `name`_zh in Chinese.
  JsonObject& put(std::string_view name, const Text& text) {
    put(name, text.en);
    if (!text.zh.empty()) append_json(member(name, "_zh"), text.zh);
    return *this;
  }
  // For a name of unknown origin.
  template <class Value>
  JsonObject& put_any(std::string_view name, const Value& value) {
    if (out_.back() != '{') out_ += ',';
    append_json(out_, name);
    append_json(out_ += ':', value);
    return *this;
  }
  JsonObject object(std::string_view name) { return JsonObject(member(name)); }
  JsonArray array(std::string_view name);
  // An array with an object for each of `values`, written by write(JsonObject, value).
  template <class List, class Write>
  JsonObject& list(std::string_view name, const List& values, Write write);

  // For a value that the caller appends: the string that is written to, behind the name and a colon.
  std::string& member(std::string_view name, std::string_view more = {}) {
    if (out_.back() != '{') out_ += ',';
    return ((((out_ += '"') += name) += more) += "\":");
  }

 private:
  std::string& out_;
};

class JsonArray {
 public:
  explicit JsonArray(std::string& out) : out_(out) { out_ += '['; }
  ~JsonArray() { out_ += ']'; }
  JsonArray(const JsonArray&) = delete;
  JsonArray& operator=(const JsonArray&) = delete;

  template <class Value>
  JsonArray& add(const Value& value) {
    append_json(next(), value);
    return *this;
  }
  JsonObject object() { return JsonObject(next()); }
  JsonArray array() { return JsonArray(next()); }

 private:
  std::string& next() {
    if (out_.back() != '[') out_ += ',';
    return out_;
  }

  std::string& out_;
};

inline JsonArray JsonObject::array(std::string_view name) { return JsonArray(member(name)); }

template <class List, class Write>
JsonObject& JsonObject::list(std::string_view name, const List& values, Write write) {
  JsonArray list = array(name);
  for (const auto& each : values) write(list.object(), each);
  return *this;
}

// The text of an object of which write(JsonObject&) puts the members.
template <class Write>
std::string json_object(Write write) {
  std::string out;
  {
    JsonObject object(out);
    write(object);
  }
  return out;
}

}  // namespace loquat::wire
