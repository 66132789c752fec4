// log_line.h - what servers log of a failure.
//
// Layer: server.
#pragma once

#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>

#include "loquat/log.h"

namespace loquat::server {

// The text of an exception, or a sentence if it is no std::exception.
std::string what_of(const std::exception_ptr& failure);

// Writes one line, whatever control characters are in its parts: a peer may have chosen them.
void write_line(LogSink* sink, LogLevel level, std::initializer_list<std::string_view> parts) noexcept;

}  // namespace loquat::server
