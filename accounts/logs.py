"""Logs as JSON lines with the request's id and no personal data."""

import contextvars
import json
import logging
import re
from datetime import UTC, datetime

import psycopg

request_id_variable: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

# Whoever knows the last part of such an address may answer, act or read as the person it was sent to.
SECRET_PART = re.compile(r"(/approve/|/invitation/|/calendar/|/pay/back/)[^/\s?\"']+")
EMAIL_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


def current_request_id() -> str:
    return request_id_variable.get()


def without_personal_data(text: str, error: BaseException | None = None) -> str:
    """Leave out addresses, the secrets of links, and the row that Postgres quotes when it refuses one: names and answers, as typed."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        detail = error.diag.message_detail if isinstance(error, psycopg.Error) else None
        if detail:
            text = text.replace(detail, "(left out)")
        error = error.__cause__ or error.__context__
    return EMAIL_ADDRESS.sub("(address)", SECRET_PART.sub(r"\1(secret)", text))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request id and, for errors, the trace."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_personal_data(record.getMessage()),
        }
        if request_id := current_request_id():
            line["request_id"] = request_id
        if record.exc_info:
            line["trace"] = without_personal_data(self.formatException(record.exc_info), record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)
