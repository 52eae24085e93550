"""What the stand-in sends back."""

import json
from dataclasses import dataclass, field


@dataclass
class Answer:
    """One answer: status, content and headers."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def in_json(status: int, said: object) -> Answer:
    return Answer(status, json.dumps(said).encode(), {"Content-Type": "application/json"})


def see(address: str) -> Answer:
    return Answer(303, headers={"Location": address})
