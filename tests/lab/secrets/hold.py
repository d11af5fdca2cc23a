# Opens two files, waits for SIGUSR1, reads both.
import errno
import os
import signal
import sys

kept, revoked = (os.open(path, os.O_RDONLY) for path in sys.argv[1:3])
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print("open", flush=True)
signal.sigwait([signal.SIGUSR1])
print("kept:", os.pread(kept, 100, 0).decode(), flush=True)
try:
    print("revoked:", os.pread(revoked, 100, 0).decode(), flush=True)
except OSError as error:
    print("revoked:", errno.errorcode[error.errno], flush=True)
