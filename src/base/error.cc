#include "loquat/error.h"

#include <netdb.h>

#include <cerrno>

namespace loquat {

std::string OSError::Context::str() const {
  std::string text = operation;
  if (!local.empty()) text += " " + local;
  if (!peer.empty()) text += " -> " + peer;
  if (done != 0) text += " (after " + std::to_string(done) + " bytes)";
  return text;
}

OSError::OSError(int error_number, Context context)
    : std::system_error(error_number, std::generic_category(), context.str()), context_(std::move(context)) {}

gaierror::gaierror(int eai, const std::string& name)
    : OSError(eai, {"getaddrinfo", {}, name, 0}), text_("getaddrinfo " + name + ": " + gai_strerror(eai)) {}

herror::herror(int h_errno_value, std::string operation, const std::string& name)
    : OSError(h_errno_value, {operation, {}, name, 0}),
      text_(operation + " " + name + ": " + hstrerror(h_errno_value)) {}

namespace {

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "unknown";
  }
}

std::string listed(std::string message, const std::vector<std::exception_ptr>& failures) {
  message += failures.size() == 1 ? " (1 error)" : " (" + std::to_string(failures.size()) + " errors)";
  for (std::size_t i = 0; i < failures.size(); ++i) message += (i == 0 ? ": " : "; ") + text_of(failures[i]);
  return message;
}

}  // namespace

ExceptionGroup::ExceptionGroup(const std::string& message, std::vector<std::exception_ptr> exceptions)
    : std::runtime_error(listed(message, exceptions)), exceptions_(std::move(exceptions)) {}

void throw_oserror(int e, OSError::Context at) {
  switch (e) {
    case EAGAIN:
    case EALREADY:
    case EINPROGRESS:
      throw BlockingIOError(e, std::move(at));
    case ECHILD:
      throw ChildProcessError(e, std::move(at));
    case EPIPE:
    case ESHUTDOWN:
      throw BrokenPipeError(e, std::move(at));
    case ECONNABORTED:
      throw ConnectionAbortedError(e, std::move(at));
    case ECONNREFUSED:
      throw ConnectionRefusedError(e, std::move(at));
    case ECONNRESET:
      throw ConnectionResetError(e, std::move(at));
    case EEXIST:
      throw FileExistsError(e, std::move(at));
    case ENOENT:
      throw FileNotFoundError(e, std::move(at));
    case EINTR:
      throw InterruptedError(e, std::move(at));
    case EISDIR:
      throw IsADirectoryError(e, std::move(at));
    case ENOTDIR:
      throw NotADirectoryError(e, std::move(at));
    case EACCES:
    case EPERM:
      throw PermissionError(e, std::move(at));
    case ESRCH:
      throw ProcessLookupError(e, std::move(at));
    case ETIMEDOUT:
      throw TimeoutError(e, std::move(at));
    default:
      throw OSError(e, std::move(at));
  }
}

}  // namespace loquat
