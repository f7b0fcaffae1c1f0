"""The control socket of a running daemon, asked without starting a program: cheap enough to be watched."""
import json
import socket


def ask(path, command, within=2.0, **args):
    """The data of a command's reply. OSError or LookupError if there is none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(within)
        stream.connect(path)
        stream.sendall(json.dumps({"command": command, "args": args, "reason": ""}).encode() + b"\n")
        with stream.makefile("rb") as lines:
            line = lines.readline()
    if not line:
        raise LookupError(f"{path}: no reply")
    reply = json.loads(line)
    if reply["exit"] != 0:
        raise LookupError(f"{path}: {reply['error']}")
    return reply["data"]
