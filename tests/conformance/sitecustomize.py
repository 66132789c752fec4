"""On PYTHONPATH: every interpreter that starts with LOQUAT_LIBRARY set has Loquat's sockets, with LOQUAT_PEER gevent's."""
import os

if os.environ.get("LOQUAT_PEER") == "gevent":
    import gevent.monkey

    gevent.monkey.patch_all()
    from test.support import threading_helper

    import contextlib

    threading_helper.wait_threads_exit = contextlib.nullcontext  # its threads are greenlets, which it cannot count
elif os.environ.get("LOQUAT_LIBRARY"):
    import loquat_socket

    loquat_socket.install()
