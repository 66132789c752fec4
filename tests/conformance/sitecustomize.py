"""On PYTHONPATH: every interpreter that starts with LOQUAT_LIBRARY set has Loquat's sockets, with LOQUAT_PEER gevent's.

The class LOQUAT_ONE_LANE_AT_A_TIME runs in one process at a time: its names exist once in a machine, and lanes run beside
each other.
"""
import os


def one_lane_at_a_time(name):
    import fcntl
    import unittest

    run = unittest.TestCase.run

    def run_alone(self, result=None):
        if type(self).__name__ != name:
            return run(self, result)
        with open(__file__, encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return run(self, result)

    unittest.TestCase.run = run_alone


if os.environ.get("LOQUAT_ONE_LANE_AT_A_TIME"):
    one_lane_at_a_time(os.environ["LOQUAT_ONE_LANE_AT_A_TIME"])

if os.environ.get("LOQUAT_PEER") == "gevent":
    import gevent.monkey

    gevent.monkey.patch_all()
    from test.support import threading_helper

    import contextlib

    threading_helper.wait_threads_exit = contextlib.nullcontext  # its threads are greenlets, which it cannot count
elif os.environ.get("LOQUAT_LIBRARY"):
    import loquat_socket

    loquat_socket.install()
