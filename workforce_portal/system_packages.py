"""Libraries that pip cannot bring: found, installed where that is allowed, or named in one sentence.

Usage: python -m workforce_portal.system_packages
"""

import ctypes
import os
import shutil
import subprocess
import sys

# library WeasyPrint loads -> Debian package. Without the last it warns, and takes twice as long.
PDF_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}


def missing_packages() -> list[str]:
    return [package for library, package in PDF_LIBRARIES.items() if not can_load(library)]


def can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install(*packages: str) -> None:
    """By apt-get, as root or by a sudo that asks nothing. Where neither is to be had, nothing happens."""
    apt_get, sudo = shutil.which("apt-get"), shutil.which("sudo")
    if os.geteuid() == 0:
        prefix = []
    elif sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        prefix = [sudo, "-n"]
    else:
        return
    if apt_get:
        command = [*prefix, apt_get, "-o", "DPkg::Lock::Timeout=120", "-qq"]
        subprocess.run([*command, "update"], stdout=sys.stderr)
        subprocess.run([*command, "install", "-y", "--no-install-recommends", *packages], stdout=sys.stderr)


def main() -> None:
    if missing := missing_packages():
        install(*missing)
    if missing := missing_packages():
        sys.exit(
            f"Certificates and reports need system libraries that are missing. Install them: "
            f"apt-get install {' '.join(missing)}"
        )


if __name__ == "__main__":
    main()
