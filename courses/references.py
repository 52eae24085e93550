"""References: what people say on the phone and write on letters, one letter and eight figures or letters."""

import secrets

# No letter or figure that can be taken for another, on paper or over the telephone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRTUVWXYZ"
REFERENCE_LENGTH = 8


def new_reference(letter: str) -> str:
    """Draw a reference that nobody can guess or mishear: B-7K2M4QXY."""
    return f"{letter}-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
