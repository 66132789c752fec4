"""Faults planted into loquat_socket, to see that the lanes find them: LOQUAT_FAULT names one."""
import errno
import os
import time


def restarted_timeout(shim):
    """after a signal the timeout begins anew"""
    for name in ("recv", "sendall"):
        original, late = getattr(shim, "_" + name), {}

        def call(handle, *arguments, original=original, late=late):
            *rest, deadline = arguments
            key, began = (handle.value, deadline), time.monotonic_ns()
            if deadline in (shim.NEVER, shim.NOW):
                return original(handle, *arguments)
            result = original(handle, *rest, deadline + late.get(key, 0))
            if result == -errno.EINTR:
                late[key] = late.get(key, 0) + time.monotonic_ns() - began
            return result
        setattr(shim, "_" + name, call)


def deaf_close(shim):
    """close() closes the descriptor and tells nobody"""
    closed, fileno, free = set(), shim._fileno, shim._free

    def close(handle):
        os.close(fileno(handle))
        closed.add(handle.value)
        return 0
    shim._close = close
    shim._fileno = lambda handle: -1 if handle.value in closed else fileno(handle)
    shim._free = lambda handle: None if handle.value in closed else free(handle)


def short_sendall(shim):
    """sendall() sends what the kernel takes at once, as send() does"""
    shim._sendall = lambda handle, data, size, done, flags, deadline: min(
        0, shim._send(handle, data, size, flags, deadline))


def lost_ancillary(shim):
    """recvmsg() drops the last control message"""
    original = shim._control_messages
    shim._control_messages = lambda control: original(control)[:-1]


def wrong_flags(shim):
    """a timeout leaves O_NONBLOCK as it was"""
    shim._set_nonblocking = lambda handle, on: 0


def overrun(shim):
    """recv() writes more than the buffer holds; for AddressSanitizer"""
    original = shim._recv
    shim._recv = lambda handle, data, size, *rest: original(handle, data, size + 64, *rest)


ALL = {fault.__name__: fault for fault in (restarted_timeout, deaf_close, short_sendall, lost_ancillary, wrong_flags)}
ASAN = {"overrun": overrun}
