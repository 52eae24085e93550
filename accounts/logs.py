"""Logs as JSON lines with the request's id and no personal data."""

import contextvars
import json
import logging
import re
from datetime import UTC, datetime

request_id_variable: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

EMAIL_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


def current_request_id() -> str:
    return request_id_variable.get()


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request id and, for errors, the trace."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": EMAIL_ADDRESS.sub("(address)", record.getMessage()),
        }
        if request_id := current_request_id():
            line["request_id"] = request_id
        if record.exc_info:
            line["trace"] = EMAIL_ADDRESS.sub("(address)", self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
