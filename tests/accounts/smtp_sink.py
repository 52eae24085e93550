"""A real mail server for tests: takes letters over SMTP, answers each addressee as it is told to."""

import email
import email.policy
import socketserver
import threading
from contextlib import contextmanager


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Conversation)
        self.raw, self.connections = [], 0
        self.answers = {}  # what RCPT TO answers for an address, instead of 250
        self.after_letter = "250 taken"
        self.greeting = "220 sink"
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.may_greet = threading.Event()
        self.may_greet.set()
        self.reading = 0  # how many letters have come whole and wait for their answer

    @property
    def letters(self):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]


class Conversation(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.server.connections += 1
        self.server.may_greet.wait(10)
        self.say(self.server.greeting)
        for line in self.rfile:
            command = line.decode().strip()
            verb = command.upper()
            if verb.startswith("RCPT TO:"):
                address = command.partition("<")[2].partition(">")[0]
                self.say(self.server.answers.get(address, "250 ok"))
            elif verb == "DATA":
                self.take_letter()
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take_letter(self):
        self.say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        raw = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
        self.server.reading += 1
        self.server.may_go_on.wait(10)
        self.server.reading -= 1
        if self.server.after_letter.startswith("250"):
            self.server.raw.append(raw)
        self.say(self.server.after_letter)


@contextmanager
def smtp_sink(settings):
    """Run the server, and point the portal at it."""
    sink = Sink()
    threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = sink.server_address
    try:
        yield sink
    finally:
        sink.may_go_on.set()
        sink.shutdown()
        sink.server_close()
