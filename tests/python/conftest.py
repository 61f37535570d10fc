"""What every Python test starts from."""

import signal

# A shell without job control starts background jobs with SIGINT ignored, and children inherit that: the tests of Ctrl-C
# would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
