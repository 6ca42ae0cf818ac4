"""The process of a virtual board: ``python -m firmware.virtual LIBRARY``.

Prints its port on the first line, and ends when its standard input does.
"""

import sys

from .server import serve

if __name__ == "__main__":
    serve(sys.argv[1], lambda port: print(port, flush=True), sys.stdin.fileno())
