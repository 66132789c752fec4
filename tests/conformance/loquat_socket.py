"""Loquat's sockets in the place of CPython's `_socket`, so that CPython's own tests judge them.

install() puts a module into sys.modules['_socket'] before anybody imports `socket`. Its class derives from the real
`_socket.socket`, for the identity, repr and reference tests, but each method that touches a socket goes through the C ABI
of include/loquat/loquat.h, and each inherited one that would is poisoned: nothing passes on CPython's own code.

What stays CPython's: names and addresses (getaddrinfo, inet_aton, ...), and what socket.py does in Python.

LOQUAT_LIBRARY is the shared library, LOQUAT_MODE where calls wait: thread, epoll or uring.
"""
import _socket as real
import atexit
import ctypes
import errno
import json
import operator
import os
import struct
import sys
import time
import types
import warnings
import weakref

import faults

NEVER, NOW, TIMEOUT = 2**63 - 1, -(2**63), -10000
_c = ctypes.CDLL(os.environ["LOQUAT_LIBRARY"])


def _function(name, result, *arguments):
    function = getattr(_c, "loquat_" + name)
    function.restype, function.argtypes = result, arguments
    return function


_p, _int, _size, _i64, _uint = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_int64, ctypes.c_uint
_run_in = _function("run_in", _int, ctypes.c_char_p)
_new = _function("socket_new", _int, _int, _int, _int, _p)
_from_fd = _function("socket_from_fd", _int, _int, _p)
_socketpair = _function("socketpair", _int, _int, _int, _int, _p)
_dup = _function("dup", _int, _p)
_fileno = _function("fileno", _int, _p)
_close = _function("close", _int, _p)
_detach = _function("detach", _int, _p)
_free = _function("free", None, _p)
_set_nonblocking = _function("set_nonblocking", _int, _p, _int)
_bind = _function("bind", _int, _p, ctypes.c_char_p, _uint)
_listen = _function("listen", _int, _p, _int)
_shutdown = _function("shutdown", _int, _p, _int)
_getsockname = _function("getsockname", _int, _p, _p, _p)
_getpeername = _function("getpeername", _int, _p, _p, _p)
_getsockopt = _function("getsockopt", _int, _p, _int, _int, _p, _p)
_setsockopt = _function("setsockopt", _int, _p, _int, _int, _p, _uint)
_accept = _function("accept", _int, _p, _p, _p, _i64)
_connect = _function("connect", _int, _p, ctypes.c_char_p, _uint, _i64)
_recv = _function("recv", _i64, _p, _p, _size, _int, _i64)
_recvmsg = _function("recvmsg", _i64, _p, _p, _int, _i64)
_send = _function("send", _i64, _p, _p, _size, _int, _i64)
_sendmsg = _function("sendmsg", _i64, _p, _p, _int, _i64)
_sendall = _function("sendall", _int, _p, _p, _size, _p, _int, _i64)
_sendfile = _function("sendfile", _int, _p, _int, _i64, _size, _p, _i64)
_count = _function("count", _int, ctypes.c_char_p, _p, _p)
_heartbeat = _function("heartbeat", _int, _i64)
_lateness = _function("lateness", None, _p, _p)


class _iovec(ctypes.Structure):
    _fields_ = [("base", _p), ("size", _size)]


class _msghdr(ctypes.Structure):
    _fields_ = [("name", _p), ("namelen", _uint), ("iov", _p), ("iovlen", _size), ("control", _p),
                ("controllen", _size), ("flags", _int)]


# ---- addresses ---------------------------------------------------------------------------------------------------------

def _port(port, where):
    if not isinstance(port, int):
        raise TypeError(f"{where}(): an integer is required (got type {type(port).__name__})")
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f"{where}(): port must be 0-65535.")
    return port


def _host(host, family):
    """A name or literal as the numeric address that the system's resolver gives."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host)
    elif not isinstance(host, str):
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if host in ("", b""):
        return "0.0.0.0" if family == real.AF_INET else "::"
    if family == real.AF_INET and host in ("<broadcast>", b"<broadcast>"):
        return "255.255.255.255"
    return real.getaddrinfo(host, None, family, real.SOCK_DGRAM)[0][4][0]


def _pack(sock, address, where):
    family = sock.family
    if family == real.AF_UNIX:
        path = address.encode(sys.getfilesystemencoding(), "surrogateescape") if isinstance(address, str) else address
        if not isinstance(path, (bytes, bytearray, memoryview)):
            raise TypeError(f"a bytes-like object is required, not '{type(path).__name__}'")
        path = bytes(path)
        if path and path[0] == 0:
            if len(path) > 108:
                raise OSError("AF_UNIX path too long")
            return struct.pack("=H", family) + path
        if len(path) >= 108:
            raise OSError("AF_UNIX path too long")
        return struct.pack("=H", family) + (path + b"\0" if path else b"")
    if not isinstance(address, tuple):
        raise TypeError(f"{where}(): AF_INET address must be tuple, not {type(address).__name__}")
    if family == real.AF_INET:
        if len(address) != 2:
            raise TypeError(f"{where}(): AF_INET address must be a pair (host, port)")
        port = _port(address[1], where)
        return struct.pack("=H", family) + struct.pack("!H", port) + real.inet_aton(_host(address[0], family)) + bytes(8)
    if family == real.AF_INET6:
        if not 2 <= len(address) <= 4:
            raise TypeError(f"{where}(): AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])")
        port = _port(address[1], where)
        flow, scope = (list(address[2:]) + [0, 0])[:2]
        if not 0 <= flow <= 0xFFFFF:
            raise OverflowError(f"{where}(): flowinfo must be 0-1048575.")
        host = _host(address[0], family).split("%")[0]
        return (struct.pack("=H", family) + struct.pack("!HI", port, flow) + real.inet_pton(family, host) +
                struct.pack("=I", scope))
    if family == real.AF_VSOCK:
        return struct.pack("=HHIIB3x", family, 0, address[1], address[0], 0)
    raise OSError(f"{where}(): bad family")


def _unpack(data):
    if len(data) < 2:
        return None
    family = struct.unpack_from("=H", data)[0]
    if family == real.AF_UNIX:
        path = data[2:]
        if not path:
            return ""
        if path[0] == 0:
            return path
        return path.split(b"\0")[0].decode(sys.getfilesystemencoding(), "surrogateescape")
    if family == real.AF_INET:
        return real.inet_ntoa(data[4:8]), struct.unpack_from("!H", data, 2)[0]
    if family == real.AF_INET6:
        port, flow = struct.unpack_from("!HI", data, 2)
        scope = struct.unpack_from("=I", data, 24)[0]
        host = real.getnameinfo((real.inet_ntop(family, data[8:24]), port, flow, scope),
                                real.NI_NUMERICHOST | real.NI_NUMERICSERV)[0]
        return host, port, flow, scope
    if family == real.AF_VSOCK:
        _, _, port, cid = struct.unpack_from("=HHII", data)
        return cid, port
    return family, data[2:]


# ---- buffers -----------------------------------------------------------------------------------------------------------

def _int_of(value):
    """A C int, as Python's argument parsing takes it."""
    number = operator.index(value)
    if not -2**31 <= number < 2**31:
        raise OverflowError("Python int too large to convert to C int")
    return number


class _View:
    """A bytes-like object's memory, for as long as a call needs it."""

    def __init__(self, data, writable=False):
        try:
            self.view = memoryview(data)
        except TypeError:
            raise TypeError(f"a bytes-like object is required, not '{type(data).__name__}'") from None
        if not self.view.contiguous:
            raise BufferError("memoryview: underlying buffer is not C-contiguous")
        if writable and self.view.readonly:
            raise TypeError("read-write bytes-like object expected")
        self.bytes = self.view.cast("B") if self.view.nbytes else memoryview(bytearray())
        self.size = self.view.nbytes
        self.pointer = self._address(writable) if self.size else None

    def _address(self, writable):
        if writable:
            self.keep = (ctypes.c_char * self.size).from_buffer(self.bytes)
            return ctypes.addressof(self.keep)
        holder = ctypes.py_object(self.bytes)
        buffer = _Py_buffer()
        _get_buffer(holder, ctypes.byref(buffer), 0)
        self.buffer = buffer
        return buffer.buf

    def release(self):
        self.keep = None
        if hasattr(self, "buffer"):
            _release_buffer(ctypes.byref(self.buffer))
            del self.buffer
        self.bytes.release()
        self.view.release()


class _Py_buffer(ctypes.Structure):
    _fields_ = [("buf", _p), ("obj", ctypes.py_object), ("len", ctypes.c_ssize_t), ("itemsize", ctypes.c_ssize_t),
                ("readonly", _int), ("ndim", _int), ("format", _p), ("shape", _p), ("strides", _p), ("suboffsets", _p),
                ("internal", _p)]


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes, _get_buffer.restype = [ctypes.py_object, _p, _int], _int
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes, _release_buffer.restype = [_p], None


def _vectors(views):
    vectors = (_iovec * max(1, len(views)))()
    for vector, view in zip(vectors, views):
        vector.base, vector.size = view.pointer, view.size
    return vectors


# ---- the class ---------------------------------------------------------------------------------------------------------

_default_timeout = None


def _seconds(value):
    """A timeout as Python checks it: None or a number of seconds that is not negative."""
    if value is None:
        return None
    if isinstance(value, float) or hasattr(value, "__float__") or hasattr(value, "__index__"):
        seconds = float(value)
    else:
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    if seconds != seconds:
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("Timeout value out of range")
    if seconds > 2**63 / 10**9:
        raise OverflowError("timeout doesn't fit into C timeval")
    return seconds


class socket(real.socket):
    __slots__ = ("_h", "_timeout", "_to_close")

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        self._h = None
        self._to_close = [True]  # the thread that pops it closes; the other does nothing
        self._timeout = None
        handle = _p()
        if fileno is not None:
            if isinstance(fileno, float):
                raise TypeError("'float' object cannot be interpreted as an integer")
            if fileno < 0:
                raise ValueError("negative file descriptor")
            _check(_from_fd(fileno, ctypes.byref(handle)))
            family, type, proto = (_option(handle, option) if value == -1 else value for value, option in
                                   ((family, real.SO_DOMAIN), (type, real.SO_TYPE), (proto, real.SO_PROTOCOL)))
            super().__init__(family, type, proto, fileno)
        else:
            family = real.AF_INET if family == -1 else family
            type = real.SOCK_STREAM if type == -1 else type
            proto = 0 if proto == -1 else proto
            sys.audit("socket.__new__", self, family, type, proto)
            _check(_new(family, type, proto, ctypes.byref(handle)))
            super().__init__(family, type & ~(real.SOCK_NONBLOCK | real.SOCK_CLOEXEC), proto, _fileno(handle))
        self._h = handle
        if hasattr(self, "__weakref__"):  # a socket of socket.py
            _by_number[_fileno(handle)] = self
        blocking = os.get_blocking(_fileno(handle)) if fileno is not None else not type & real.SOCK_NONBLOCK
        if not blocking:
            self._timeout = 0.0
        else:
            self.settimeout(_default_timeout)
        self._tell_ssl()

    def __del__(self):
        if self._h is None:
            return
        try:
            if _fileno(self._h) >= 0:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
        finally:
            super().detach()
            _free(self._h)  # closes
            self._h = None

    # -- helpers
    def _handle(self):
        if self._h is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._h

    def _deadline(self):
        if self._timeout is None:
            return NEVER
        return NOW if self._timeout == 0 else min(NEVER, time.monotonic_ns() + int(self._timeout * 1e9))

    # -- life
    def fileno(self):
        return -1 if self._h is None else _fileno(self._h)

    def close(self):
        if self._h is not None and _fileno(self._h) >= 0:
            try:
                self._to_close.pop()
            except IndexError:
                return  # another thread has closed it; CPython's close() then does nothing
            super().detach()
            _check(_close(self._h))

    def detach(self):
        super().detach()
        return -1 if self._h is None else _detach(self._h)

    # -- timeouts
    def settimeout(self, timeout):
        self._timeout = _seconds(timeout)
        _check(_set_nonblocking(self._handle(), self._timeout is not None))
        self._tell_ssl()

    def _tell_ssl(self):
        """_ssl reads the base class's timeout. It is set only then, because that also sets O_NONBLOCK."""
        if "_ssl" in sys.modules and super().fileno() >= 0:
            super().settimeout(self._timeout)

    def gettimeout(self):
        return self._timeout

    @property
    def timeout(self):
        return self._timeout

    def setblocking(self, blocking):
        self.settimeout(None if blocking else 0.0)

    def getblocking(self):
        return self._timeout != 0

    # -- names and options
    def bind(self, address):
        packed = _pack(self, address, "bind")
        sys.audit("socket.bind", self, address)
        _check(_bind(self._handle(), packed, len(packed)))

    def listen(self, backlog=128):
        _check(_listen(self._handle(), _int_of(backlog)))

    def shutdown(self, how):
        _check(_shutdown(self._handle(), _int_of(how)))

    def getsockname(self):
        return self._name(_getsockname)

    def getpeername(self):
        return self._name(_getpeername)

    def _name(self, function):
        data, size = ctypes.create_string_buffer(128), _uint(128)
        _check(function(self._handle(), data, ctypes.byref(size)))
        return _unpack(data.raw[:size.value])

    def getsockopt(self, level, option, buflen=0):
        if self.family == real.AF_VSOCK and buflen == 0:
            data, size = ctypes.c_uint64(), _uint(8)
            _check(_getsockopt(self._handle(), level, option, ctypes.byref(data), ctypes.byref(size)))
            return data.value
        if buflen == 0:
            data, size = _int(), _uint(4)
            _check(_getsockopt(self._handle(), level, option, ctypes.byref(data), ctypes.byref(size)))
            return data.value
        if not 0 < buflen <= 1024:
            raise OSError("getsockopt buflen out of range")
        data, size = ctypes.create_string_buffer(buflen), _uint(buflen)
        _check(_getsockopt(self._handle(), level, option, data, ctypes.byref(size)))
        return data.raw[:size.value]

    def setsockopt(self, level, option, value, optlen=None):
        if value is None and optlen is not None:
            return _check(_setsockopt(self._handle(), level, option, None, optlen))
        if optlen is not None:
            raise TypeError("setsockopt() argument 3 must be None when optlen is given")
        if isinstance(value, int):
            if self.family == real.AF_VSOCK and level == real.AF_VSOCK:
                data = ctypes.c_uint64(value)
            else:
                data = _int(struct.unpack("=i", struct.pack("=i", value))[0])
            return _check(_setsockopt(self._handle(), level, option, ctypes.byref(data), ctypes.sizeof(data)))
        data = bytes(value)
        _check(_setsockopt(self._handle(), level, option, ctypes.create_string_buffer(data, len(data) + 1), len(data)))

    # -- connections
    def _accept(self):
        deadline = self._deadline()
        name, size = ctypes.create_string_buffer(128), _uint(128)
        fd = _repeat(lambda: _accept(self._handle(), name, ctypes.byref(size), deadline))
        return fd, _unpack(name.raw[:size.value])

    def connect(self, address):
        packed = _pack(self, address, "connect")
        sys.audit("socket.connect", self, address)
        deadline = self._deadline()
        _repeat(lambda: _connect(self._handle(), packed, len(packed), deadline))

    def connect_ex(self, address):
        packed = _pack(self, address, "connect_ex")
        sys.audit("socket.connect", self, address)
        deadline = self._deadline()
        try:
            _repeat(lambda: _connect(self._handle(), packed, len(packed), deadline))
        except TimeoutError as error:
            return error.errno or errno.EAGAIN
        except OSError as error:
            return error.errno
        return 0

    # -- bytes in
    def recv(self, bufsize, flags=0):
        flags = _int_of(flags)
        if bufsize < 0:
            raise ValueError("negative buffersize in recv")
        data = ctypes.create_string_buffer(max(1, bufsize))
        deadline = self._deadline()
        size = _repeat(lambda: _recv(self._handle(), data, bufsize, flags, deadline))
        return data.raw[:size]

    def recv_into(self, buffer, nbytes=0, flags=0):
        flags = _int_of(flags)
        return self._into("recv_into", buffer, nbytes, lambda view, size, deadline: _repeat(
            lambda: _recv(self._handle(), view.pointer, size, flags, deadline)))

    def recvfrom(self, bufsize, flags=0):
        if bufsize < 0:
            raise ValueError("negative buffersize in recvfrom")
        data = bytearray(bufsize)
        size, _, _, address = self._message([data], 0, flags)
        return bytes(data[:size]), address

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        result = []

        def receive(view, size, deadline):
            got, _, _, address = self._message([view.bytes[:size]], 0, flags)
            result.append(address)
            return got
        size = self._into("recvfrom_into", buffer, nbytes, receive)
        return size, result[0]

    def _into(self, name, buffer, nbytes, receive):
        view = _View(buffer, writable=True)
        try:
            if nbytes < 0:
                raise ValueError(f"negative buffersize in {name}")
            if nbytes > view.size:
                raise ValueError("buffer too small for requested bytes" if name == "recv_into" else
                                 "nbytes is greater than the length of the buffer")
            return receive(view, nbytes or view.size, self._deadline())
        finally:
            view.release()

    def recvmsg(self, bufsize, ancbufsize=0, flags=0):
        if bufsize < 0:
            raise ValueError("negative buffer size in recvmsg()")
        data = bytearray(bufsize)
        size, ancillary, flags, address = self._message([data], ancbufsize, flags)
        return bytes(data[:size]), ancillary, flags, address

    def recvmsg_into(self, buffers, ancbufsize=0, flags=0):
        return self._message(list(buffers), ancbufsize, flags)

    def _message(self, buffers, ancbufsize, flags):
        flags = _int_of(flags)
        if not 0 <= operator.index(ancbufsize) <= 0x7FFFFFFF:
            raise ValueError("invalid ancillary data buffer length")
        views = []
        try:
            for buffer in buffers:
                views.append(_View(buffer, writable=True))
            vectors = _vectors(views)
            name = ctypes.create_string_buffer(128)
            control = ctypes.create_string_buffer(max(1, ancbufsize))
            header = _msghdr(ctypes.addressof(name), 128, ctypes.addressof(vectors), len(views),
                             ctypes.addressof(control) if ancbufsize else None, ancbufsize, 0)
            deadline = self._deadline()

            def receive():
                header.namelen, header.controllen = 128, ancbufsize
                return _recvmsg(self._handle(), ctypes.byref(header), flags, deadline)
            size = _repeat(receive)
            address = _unpack(name.raw[:header.namelen])
            ancillary = _control_messages(control.raw[:header.controllen]) if ancbufsize else []
            return size, ancillary, header.flags, address
        finally:
            for view in views:
                view.release()

    # -- bytes out
    def send(self, data, flags=0):
        flags = _int_of(flags)
        view = _View(data)
        try:
            deadline = self._deadline()
            return _repeat(lambda: _send(self._handle(), view.pointer, view.size, flags, deadline))
        finally:
            view.release()

    def sendall(self, data, flags=0):
        flags = _int_of(flags)
        view = _View(data)
        try:
            deadline, done = self._deadline(), _size(0)
            _repeat(lambda: _sendall(self._handle(), view.pointer, view.size, ctypes.byref(done), flags, deadline))
        finally:
            view.release()

    def sendto(self, *arguments):
        if len(arguments) not in (2, 3):
            raise TypeError(f"sendto() takes 2 or 3 arguments ({len(arguments)} given)")
        data, flags, address = arguments if len(arguments) == 3 else (arguments[0], 0, arguments[1])
        view = _View(data)
        try:
            flags = _int_of(flags)
            packed = _pack(self, address, "sendto")
            sys.audit("socket.sendto", self, address)
            return self._send_message([view], b"", flags, packed)
        finally:
            view.release()

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None):
        views = []
        try:
            try:
                pieces = iter(buffers)
            except TypeError:
                raise TypeError("sendmsg(): argument 1 must be iterable") from None
            for piece in pieces:
                views.append(_View(piece))
            try:
                messages = list(ancdata)
            except TypeError:
                raise TypeError("sendmsg(): argument 2 must be iterable") from None
            control = b"".join(_pack_control(message) for message in messages)
            flags = _int_of(flags)
            packed = None if address is None else _pack(self, address, "sendmsg")
            sys.audit("socket.sendmsg", self, address)
            return self._send_message(views, control, flags, packed)
        finally:
            for view in views:
                view.release()

    def _send_message(self, views, control, flags, packed):
        vectors = _vectors(views)
        name = ctypes.create_string_buffer(packed or b"", len(packed or b"") + 1)
        data = ctypes.create_string_buffer(control, len(control) + 1)
        header = _msghdr(ctypes.addressof(name) if packed else None, len(packed or b""), ctypes.addressof(vectors),
                         len(views), ctypes.addressof(data) if control else None, len(control), 0)
        deadline = self._deadline()
        return _repeat(lambda: _sendmsg(self._handle(), ctypes.byref(header), flags, deadline))


def _control_messages(control):
    messages, at = [], 0
    while len(control) - at >= 16:
        length, level, kind = struct.unpack_from("=Qii", control, at)
        if length < 16:
            break
        messages.append((level, kind, control[at + 16:min(at + length, len(control))]))
        at += (length + 7) & ~7
    return messages


def _pack_control(message):
    if not isinstance(message, (tuple, list)) or len(message) != 3:
        raise TypeError("[sendmsg() ancillary data items]")
    level, kind, data = _int_of(message[0]), _int_of(message[1]), message[2]
    view = _View(data)
    try:
        payload = bytes(view.bytes)
    finally:
        view.release()
    length = 16 + len(payload)
    return struct.pack("=Qii", length, level, kind) + payload + bytes(-length % 8)


def _check(result):
    if result == TIMEOUT:
        raise TimeoutError("timed out")
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def _repeat(call):
    """Repeats the call after each signal, whose handler has then run (PEP 475)."""
    while (result := call()) == -errno.EINTR:
        pass
    return _check(result)


# ---- poison ------------------------------------------------------------------------------------------------------------

def _poison(name):
    def poisoned(self, *_, **__):
        raise AssertionError(f"CPython's own socket.{name} was reached")
    return poisoned


for _name in set(dir(real.socket)) - set(dir(object)) - set(vars(socket)) - {"family", "type", "proto"}:
    setattr(socket, _name, _poison(_name))


# ---- the module --------------------------------------------------------------------------------------------------------

_by_number = weakref.WeakValueDictionary()  # the newest socket of a descriptor's number


def _option(handle, option):
    value, size = _int(), _uint(4)
    _check(_getsockopt(handle, real.SOL_SOCKET, option, ctypes.byref(value), ctypes.byref(size)))
    return value.value


def socketpair(family=None, type=real.SOCK_STREAM, proto=0):
    family, both = real.AF_UNIX if family is None else family, (_p * 2)()
    _check(_socketpair(family, type, proto, both))
    fds = [_detach(handle) for handle in both]
    for handle in both:
        _free(handle)
    return tuple(socket(family, type & ~(real.SOCK_NONBLOCK | real.SOCK_CLOEXEC), proto, fileno=fd) for fd in fds)


def dup(fd):
    handle = _p()
    _check(_from_fd(fd, ctypes.byref(handle)))
    try:
        return _check(_dup(handle))
    finally:
        _detach(handle)
        _free(handle)


_os_sendfile = os.sendfile


def sendfile(out_fd, in_fd, offset, count, *arguments, **named):
    """os.sendfile(), which socket.sendfile() uses: a Loquat socket sends through the library."""
    sock = _by_number.get(out_fd)
    if sock is None or sock.fileno() != out_fd or offset is None or arguments or named:
        return _os_sendfile(out_fd, in_fd, offset, count, *arguments, **named)
    done, deadline = _size(0), NEVER if os.get_blocking(out_fd) else NOW
    try:
        _repeat(lambda: _sendfile(sock._handle(), in_fd, offset, count, ctypes.byref(done), deadline))
    except BlockingIOError:
        if not done.value:
            raise
    return done.value


def setdefaulttimeout(timeout):
    global _default_timeout
    _default_timeout = _seconds(timeout)


def getdefaulttimeout():
    return _default_timeout


FUNCTIONS = """accept connect recv recvmsg send sendmsg sendall sendfile bind listen shutdown close detach dup fileno
    getsockname getpeername getsockopt setsockopt set_nonblocking socket_new socket_from_fd socketpair""".split()


def _counted(name):
    calls, parks = ctypes.c_uint64(), ctypes.c_uint64()
    _check(_count(name.encode(), ctypes.byref(calls), ctypes.byref(parks)))
    return [calls.value, parks.value]


def calls(name):
    """The number of calls of the function, counted at their start."""
    return _counted(name)[0]


def _report():
    """Appends the counts to LOQUAT_COUNTS, one line per process."""
    counts = {name: _counted(name) for name in FUNCTIONS}
    late = (_i64 * 2)()
    _lateness(ctypes.byref(late), ctypes.byref(late, 8))
    counts["late"] = list(late)
    with open(os.environ["LOQUAT_COUNTS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(counts) + "\n")


def install():
    module = types.ModuleType("_socket", real.__doc__)
    module.__dict__.update({name: value for name, value in vars(real).items() if name not in ("__name__", "__spec__")})
    module.socket = module.SocketType = socket
    module.socketpair, module.dup, os.sendfile = socketpair, dup, sendfile
    module.setdefaulttimeout, module.getdefaulttimeout = setdefaulttimeout, getdefaulttimeout
    sys.modules["_socket"] = module
    _check(_run_in(os.environ.get("LOQUAT_MODE", "thread").encode()))
    if fault := os.environ.get("LOQUAT_FAULT"):
        (faults.ALL | faults.ASAN)[fault](sys.modules[__name__])
    if os.environ.get("LOQUAT_COUNTS"):
        if os.environ["LOQUAT_MODE"] != "thread":
            _check(_heartbeat(5_000_000))
        atexit.register(_report)
