// error.h - the exceptions that Loquat throws, under Python's names.
//
// True of every exception in this file:
//   Kinds     One class for each way in which a caller can react, as in Python's OSError tree (PEP 3151). errc() keeps
//             the exact error number.
//   Text      what() names the operation, both ends if they are known, the number of bytes already moved if any, and
//             the cause: "sendall 127.0.0.1:40112 -> 127.0.0.1:7777 (after 4096 bytes): Connection reset by peer".
//   Lifetime  An exception owns its text.
//
// Whatever a correct peer may do (end of stream, an empty datagram) is a return value, never an exception.
//
// <netdb.h> declares a function herror(): after `using namespace loquat` write loquat::herror.
//
// Layer: base (docs/layers.txt).  Source: Python's docs "Built-in Exceptions", errno(3), gai_strerror(3).
#pragma once

#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace loquat {

// A failed system call.
class OSError : public std::system_error {
 public:
  // An operation at the moment of its failure. what() leaves out the empty strings.
  struct Context {
    std::string operation;  // "recv", "connect", ...
    std::string local;      // "127.0.0.1:40112"
    std::string peer;
    std::size_t done = 0;  // bytes sent or received before the failure

    // "sendall 127.0.0.1:40112 -> 127.0.0.1:7777 (after 4096 bytes)"
    std::string str() const;
  };

  OSError(int error_number, Context context);

  // The POSIX error number, for example ECONNRESET.
  int errc() const noexcept { return code().value(); }
  const std::string& operation() const noexcept { return context_.operation; }
  const std::string& local() const noexcept { return context_.local; }
  const std::string& peer() const noexcept { return context_.peer; }
  // Bytes sent or received before the failure. What was sent cannot be recalled.
  std::size_t done() const noexcept { return context_.done; }

 private:
  Context context_;
};

class BlockingIOError : public OSError {
  using OSError::OSError;
};  // EAGAIN EALREADY EINPROGRESS EWOULDBLOCK
class ChildProcessError : public OSError {
  using OSError::OSError;
};  // ECHILD
class ConnectionError : public OSError {
  using OSError::OSError;
};  // the base of the next four
class BrokenPipeError : public ConnectionError {
  using ConnectionError::ConnectionError;
};  // EPIPE ESHUTDOWN
class ConnectionAbortedError : public ConnectionError {
  using ConnectionError::ConnectionError;
};  // ECONNABORTED
class ConnectionRefusedError : public ConnectionError {
  using ConnectionError::ConnectionError;
};  // ECONNREFUSED
class ConnectionResetError : public ConnectionError {
  using ConnectionError::ConnectionError;
};  // ECONNRESET
class FileExistsError : public OSError {
  using OSError::OSError;
};  // EEXIST
class FileNotFoundError : public OSError {
  using OSError::OSError;
};  // ENOENT
class InterruptedError : public OSError {
  using OSError::OSError;
};  // EINTR
class IsADirectoryError : public OSError {
  using OSError::OSError;
};  // EISDIR
class NotADirectoryError : public OSError {
  using OSError::OSError;
};  // ENOTDIR
class PermissionError : public OSError {
  using OSError::OSError;
};  // EACCES EPERM
class ProcessLookupError : public OSError {
  using OSError::OSError;
};  // ESRCH

// A timeout of the caller passed, or the kernel gave the connection up. errc() is ETIMEDOUT in both cases. After a
// timeout set by settimeout() the socket stays usable.
class TimeoutError : public OSError {
  using OSError::OSError;
};

// A name could not be resolved. errc() is an EAI_ value (gai_strerror(3)), not an errno: print what(), never
// code().message().
class gaierror : public OSError {
 public:
  // `eai` is the result of getaddrinfo(3), `name` the name that was looked up.
  gaierror(int eai, const std::string& name);
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// The host database has no such name or address. errc() is an h_errno value (gethostbyaddr(3)), not an errno: print
// what(), never code().message().
class herror : public OSError {
 public:
  // `operation` is the name of the call, `name` the name that was looked up.
  herror(int h_errno_value, std::string operation, const std::string& name);
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// All failures of one call, each as it was thrown. As in Python it is not an OSError, so a catch of OSError misses it;
// only calls that were asked for all failures throw it. what() is `message`, then the text of each failure.
// Source: PEP 654.
class ExceptionGroup : public std::runtime_error {
 public:
  ExceptionGroup(const std::string& message, std::vector<std::exception_ptr> exceptions);
  const std::vector<std::exception_ptr>& exceptions() const noexcept { return exceptions_; }

 private:
  std::vector<std::exception_ptr> exceptions_;
};

// Throws the class above that lists `error_number`, or OSError if none does.
[[noreturn]] void throw_oserror(int error_number, OSError::Context context);

}  // namespace loquat
