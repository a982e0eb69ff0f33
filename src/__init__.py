"""The Indicators API."""

import signal
import sys

# Until `flask up` takes Ctrl-C as a request to stop, nothing has begun: it ends at once, without a stack trace.
if "up" in sys.argv[1:] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
