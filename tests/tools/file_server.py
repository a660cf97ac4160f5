#!/usr/bin/env python3
"""file_server.py ROOT LOG: serves the folder ROOT on 127.0.0.1, for tests of downloads. Prints its port, then answers
until stdin ends. Each request is one line of LOG: method, path, Range, status. Standard library only.

ROOT/rules.json, read anew for each request, says how it misbehaves:
  {"no_ranges": true,                  answers 200 with the whole file to every Range
   "cut": {"a.dat": 1},                the first N answers with a.dat end in the middle
   "wrong": {"a.dat": 1},              the first N answers with a.dat have one byte changed
   "status": {"a.dat": [503, 2]},      the first N answers are this status
   "password": "name:secret",          401 without it
   "delay_s": 0.1, "chunk": 1000}      waits this long before each so many bytes
"""
import base64
import http.server
import json
import pathlib
import re
import sys
import threading
import time
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root, log_file = pathlib.Path(), None
    lock, counts = threading.Lock(), {}

    def log_message(self, *_):
        pass

    def note(self, status):
        with self.lock:
            self.log_file.write(f"{self.command} {self.path} {self.headers.get('Range', '-')} {status}\n")
            self.log_file.flush()

    def happens(self, rules, what, name):
        """Whether this answer is one of the first N that the rule is about."""
        limit = rules.get(what, {}).get(name, 0)
        limit = limit[1] if isinstance(limit, list) else limit
        with self.lock:
            count = self.counts[(what, name)] = self.counts.get((what, name), 0) + 1
        return count <= limit

    def refuse(self, status, headers=()):
        body = b"<html>an error page</html>"
        self.note(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        rules_file = self.root / "rules.json"
        rules = json.loads(rules_file.read_text()) if rules_file.exists() else {}
        name = urllib.parse.unquote(self.path).lstrip("/")
        if "password" in rules:
            wanted = "Basic " + base64.b64encode(rules["password"].encode()).decode()
            if self.headers.get("Authorization") != wanted:
                return self.refuse(401, [("WWW-Authenticate", 'Basic realm="test"')])
        if self.happens(rules, "status", name):
            return self.refuse(rules["status"][name][0])
        path = self.root / name
        if not path.is_file():
            return self.refuse(404)
        data = path.read_bytes()
        size, begin, status = len(data), 0, 200
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if match and not rules.get("no_ranges"):
            begin = int(match[1])
            if begin >= size:
                return self.refuse(416, [("Content-Range", f"bytes */{size}")])
            status = 206
        if self.happens(rules, "wrong", name):
            data = bytes([data[0] ^ 1]) + data[1:]
        data = data[begin:]
        sent = data[:len(data) // 2] if self.happens(rules, "cut", name) else data
        self.note(status)
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        chunk = rules.get("chunk", 1 << 20)
        for at in range(0, len(sent), chunk):
            time.sleep(rules.get("delay_s", 0))
            self.wfile.write(sent[at:at + chunk])
        if len(sent) < len(data):
            self.close_connection = True
        return None


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that goes away is what some tests are about


def main():
    Handler.root = pathlib.Path(sys.argv[1])
    Handler.log_file = open(sys.argv[2], "w")
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
