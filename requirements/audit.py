"""Look for known vulnerabilities in what production installs. Used by `make audit`.

Fails when one is found. Where the data cannot be reached it says so and passes: it has seen nothing.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).with_name("production.txt")
UV = Path(sys.executable).with_name("uv")
AUDIT = [UV, "tool", "run", "pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json"]


def verdict(answer: str, complaint: str = "") -> tuple[int, str]:
    """The exit code and the words for what pip-audit answered; anything but its JSON means that it got nowhere."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        return 0, f"Nothing was checked: pip-audit or its data cannot be reached from here. {complaint}".strip()
    checked = [package for package in packages if "skip_reason" not in package]
    if not checked:
        return 0, "Nothing was checked: the vulnerability data cannot be reached from here."
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {flaw['fix_versions']}"
        for package in checked
        for flaw in package["vulns"]
    ]
    counted = f"{len(checked)} of {len(packages)} packages were checked: "
    if found:
        return 1, "\n".join([f"{counted}{len(found)} known vulnerabilities.", *found])
    return 0, f"{counted}no known vulnerability."


def main() -> None:
    audit = subprocess.run([*AUDIT, "--requirement", LOCK], capture_output=True, text=True)
    last_words = audit.stderr.strip().splitlines()[-1:]
    code, words = verdict(audit.stdout, *last_words)
    print(words)
    sys.exit(code)


if __name__ == "__main__":
    main()
