"""A small hub for the faults that the real one does not have: it announces itself and proves who it is."""

STAND_IN_HUB = """
import hashlib, hmac, http.server, json, os, signal, sys
from pathlib import Path

TOKEN = "a-token-nobody-may-see-on-a-screen-1234"
home = Path(os.environ["ALISA_HOME"])

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        shown = self.headers.get("Authorization", "")
        body = json.dumps({"status": "ok", "engine": "stand-in", "pid": os.getpid()}).encode()
        self.send_response(200 if shown == "Bearer " + TOKEN else 401)
        nonce = self.headers.get("X-Alisa-Nonce", "").encode()
        self.send_header("X-Alisa-Proof", hmac.new(TOKEN.encode(), nonce, hashlib.sha256).hexdigest())
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass

def serve(ending="obeys"):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["ALISA_HUB_PORT"])), Answers)
    (home / "run").mkdir(parents=True, exist_ok=True)
    run = {"pid": os.getpid(), "port": server.server_port, "token": TOKEN, "started": 0}
    (home / "run" / "hub.json").write_text(json.dumps(run))
    def leave(number, frame):
        (home / "run" / "hub.json").unlink()
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if ending == "ignores" else leave)
    server.serve_forever()
"""

STAND_IN_CHAT = """
import sys
if sys.argv[1].startswith("--once="):
    print("heard: " + sys.argv[1].removeprefix("--once="))
"""
