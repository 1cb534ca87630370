"""A long way between the controller and all hosts: delay_line.py SECONDS DIRECTORY.

Run in the controller's own network namespace, it stands in the way of every connection to port
22, unseen by either end. Whatever is sent arrives SECONDS later, in both directions, however much
is under way. A file in DIRECTORY says of each connection how often the controller spoke after it
had heard something, the round trips that somebody waited for, and how many bytes went either way.
"""

import json
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
import time

PORT = 2222
# Connections of our own bear it, and go straight to the host.
MARK = 7
SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h; the same number for IPv6
RULES = f"""
table inet delay {{
    chain output {{
        type nat hook output priority -100
        meta mark != {MARK} tcp dport 22 redirect to :{PORT}
    }}
}}
"""


def listen(family, address):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((address, PORT))
    listener.listen()
    return listener


def wanted(client, family):
    """Where the client wanted to go."""
    if family == socket.AF_INET:
        found = client.getsockopt(socket.IPPROTO_IP, SO_ORIGINAL_DST, 16)
        port, address = struct.unpack_from("!2xH4s", found)
        return socket.inet_ntop(family, address), port
    found = client.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
    port, address = struct.unpack_from("!2xH4x16s", found)
    return socket.inet_ntop(family, address), port


class Line:
    """One connection."""

    def __init__(self, client, server, delay, log):
        self.client, self.server, self.delay, self.log = client, server, delay, log
        self.count = {"round_trips": 0, "up": 0, "down": 0}
        self.heard = False  # something was delivered since the controller last spoke
        self.lock = threading.Lock()
        for read, write, name in [(client, server, "up"), (server, client, "down")]:
            threading.Thread(target=self.carry, args=(read, write, name), daemon=True).start()

    def carry(self, read, write, name):
        """Reads as fast as it comes; another thread delivers, each piece in its time."""
        under_way = queue.Queue()
        threading.Thread(target=self.deliver, args=(under_way, write, name), daemon=True).start()
        data = b"?"
        while data:
            try:
                data = read.recv(65536)
            except OSError:
                data = b""
            if data:
                self.note(name, len(data))
            under_way.put((time.monotonic() + self.delay, data))

    def deliver(self, under_way, write, name):
        data = b"?"
        while data:
            due, data = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    write.shutdown(socket.SHUT_WR)
                write.sendall(data)
            except OSError:
                return
            if name == "down":
                with self.lock:
                    self.heard = True

    def note(self, name, size):
        with self.lock:
            self.count[name] += size
            if name == "up" and self.heard:
                self.heard = False
                self.count["round_trips"] += 1
            with open(self.log + ".new", "w", encoding="ascii") as file:
                json.dump(self.count, file)
            os.rename(self.log + ".new", self.log)


def serve(listener, family, delay, directory):
    while True:
        client, _ = listener.accept()
        server = socket.socket(family, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        try:
            server.connect(wanted(client, family))
        except OSError:
            client.close()
            continue
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Line(client, server, delay, f"{directory}/{time.time_ns()}")


def main():
    delay, directory = float(sys.argv[1]), sys.argv[2]
    families = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    for family, address in families:
        words = (listen(family, address), family, delay, directory)
        threading.Thread(target=serve, args=words, daemon=True).start()
    subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
    print("ready", flush=True)
    # Until whoever started it is gone.
    sys.stdin.read()


main()
