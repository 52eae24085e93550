"""GOV.UK Notify as far as the portal uses it, played by a small server: checks the token, answers as it is told to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SERVICE_ID, SECRET = "8b3aa916-ec82-434e-b0c5-d5d9b371d6a3", "dcdc5083-2fee-4fba-8afd-51f3f4bcb7b0"
KEY = f"portal_key-with-dashes-{SERVICE_ID}-{SECRET}"


class Service(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.taken = []  # (path, message) of what was accepted
        self.answers = {}  # status and error by address, instead of 201
        self.failed = []  # what could not be delivered, the newest first
        self.page_size = 250
        self.asked = []  # paths of what was read
        self.may_answer = threading.Event()
        self.may_answer.set()


class Request(BaseHTTPRequestHandler):
    def log_message(self, *args):
        """Nothing on the terminal."""

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.may_answer.wait(10)
        if problem := problem_with(self.headers.get("Authorization", "")):
            self.answer(403, {"status_code": 403, "errors": [{"error": "AuthError", "message": problem}]})
            return
        address = message.get("email_address") or message.get("phone_number")
        status, error, words = self.server.answers.get(address, (201, "", ""))
        if status != 201:
            self.answer(status, {"status_code": status, "errors": [{"error": error, "message": words}]})
            return
        self.server.taken.append((self.path, message))
        self.answer(201, {"id": f"{len(self.server.taken)}", "reference": message["reference"]})

    def do_GET(self):
        if problem := problem_with(self.headers.get("Authorization", "")):
            self.answer(403, {"status_code": 403, "errors": [{"error": "AuthError", "message": problem}]})
            return
        self.server.asked.append(self.path)
        asked = parse_qs(urlsplit(self.path).query)
        failed = self.server.failed if asked.get("status") == ["failed"] else []
        if older_than := asked.get("older_than"):
            ids = [one["id"] for one in failed]
            failed = failed[ids.index(older_than[0]) + 1 :]
        self.answer(200, {"notifications": failed[: self.server.page_size], "links": {"current": self.path}})

    def answer(self, status, said):
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def problem_with(authorization):
    """What the real service says of a token that is not right."""
    kind, _, token = authorization.partition(" ")
    parts = token.split(".")
    if kind != "Bearer" or len(parts) != 3:
        return "Unauthorized: authentication bearer scheme must be used"
    head, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
    expected = hmac.digest(SECRET.encode(), ".".join(parts[:2]).encode(), hashlib.sha256)
    if json.loads(head) != {"typ": "JWT", "alg": "HS256"} or not hmac.compare_digest(signature, expected):
        return "Invalid token: API key not found"
    claims = json.loads(claims)
    if claims["iss"] != SERVICE_ID or abs(claims["iat"] - time.time()) > 30:
        return "Error: Your system clock must be accurate to within 30 seconds"
    return ""


@contextmanager
def notify_service(settings):
    """Run the service, and point the portal at it."""
    service = Service()
    threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.NOTIFY_API_URL = f"http://127.0.0.1:{service.server_address[1]}"
    settings.NOTIFY_API_KEY = KEY
    settings.NOTIFY_EMAIL_TEMPLATE_ID, settings.NOTIFY_SMS_TEMPLATE_ID = "email-template", "sms-template"
    settings.LETTER_SENDERS = {
        "EMAIL": "accounts.senders.notify.NotifyEmailSender",
        "SMS": "accounts.senders.notify.NotifyTextSender",
    }
    try:
        yield service
    finally:
        service.may_answer.set()
        service.shutdown()
        service.server_close()
