// head.h - the head of an HTTP/1.1 message: its fields in one buffer, and the limits that keep it small.
//
// True of every call in this file:
//   Units     Sizes are bytes.
//   Lifetime  Views point into the head. They live until the parser that owns it is fed the next message, or the head
//             is assigned, moved or destroyed.
//   Cost      A head is one string and one vector, both reused by the parser for the next message.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9110 s.5, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loquat::codec {

// What a message may cost its receiver. Beyond each limit stands the status that a server answers.
struct HttpLimits {
  std::size_t start_line = 8 * 1024;  // 414
  std::size_t field_line = 8 * 1024;  // 431
  std::size_t head = 32 * 1024;       // 431; the whole head with its line ends
  std::size_t fields = 100;           // 431
  std::uint64_t body = 1024 * 1024;   // 413
  std::size_t chunk_line = 256;       // 400; a chunk's size and extensions
  std::size_t trailers = 8 * 1024;    // 431; read, checked, dropped
};

// One header field, in the order and spelling that it came in.
struct HttpField {
  std::string_view name;
  std::string_view value;  // without spaces around it
};

// How the end of a body is known.
enum class HttpBody : std::uint8_t { none, length, chunked, until_close };

// What requests and responses have in common.
class HttpHead {
 public:
  HttpHead() = default;
  HttpHead(const HttpHead&) = delete;
  HttpHead& operator=(const HttpHead&) = delete;

  // The minor version: 1 for HTTP/1.1, 0 for HTTP/1.0.
  int minor() const noexcept { return minor_; }

  std::span<const HttpField> fields() const noexcept { return fields_; }
  // The value of the first field called `name`, in any case; nothing if there is none.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  // The same, with an empty view for an absent field.
  std::string_view get(std::string_view name) const noexcept;
  // True if a field called `name` holds `token` in its comma-separated list, both in any case.
  bool has_token(std::string_view name, std::string_view token) const noexcept;

  // Whether the connection may carry another message after this one. RFC 9112 s.9.3.
  bool keep_alive() const noexcept { return keep_alive_; }
  HttpBody body() const noexcept { return body_; }
  // The body's length if body() is length, else 0.
  std::uint64_t content_length() const noexcept { return content_length_; }

 protected:
  friend class HeadReader;
  void clear() noexcept;

  std::string buffer_;
  std::vector<HttpField> fields_;
  int minor_ = 1;
  bool keep_alive_ = false;
  HttpBody body_ = HttpBody::none;
  std::uint64_t content_length_ = 0;
};

// True if both are the same but for the case of ASCII letters.
bool http_equal(std::string_view a, std::string_view b) noexcept;

// True if `token` stands in the comma-separated `list`, in any case.
bool http_list_has(std::string_view list, std::string_view token) noexcept;

}  // namespace loquat::codec
