"""Serves until interrupted."""

import argparse
import json
import os
import threading

from tools.sandbox_carrier.server import start


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.sandbox_carrier", description="A pretended carrier."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--hang-s", type=float, default=10.0, help="how late a late answer is")
    options = parser.parse_args(arguments)
    carrier = start(port=options.port, hang_s=options.hang_s)
    about = {"url": carrier.url, "port": carrier.port, "pid": os.getpid()}
    print(json.dumps(about), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        carrier.stop()


if __name__ == "__main__":
    main()
