"""Office files that are protected by a password, opened by msoffcrypto where the password is known."""

from __future__ import annotations

import io

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.settings import ParsingSettings

_LOCKABLE = (media.ENCRYPTED_OFFICE, media.DOC, media.XLS, media.PPT)
# What Excel protects a workbook with that is only to be read: anybody may open it.
_EXCELS_OWN = "VelvetSweatshop"


def unlocked(data: bytes, media_type: str, settings: ParsingSettings) -> bytes:
    """The file without its protection; the same bytes where there is none.

    Raises ParsingError(password) where no password of the settings opens it.
    """
    if media_type not in _LOCKABLE:
        return data
    from msoffcrypto import OfficeFile

    try:
        office = OfficeFile(io.BytesIO(data))
        if not office.is_encrypted():
            return data
    except MemoryError:
        raise
    except Exception:  # msoffcrypto raises what it meets in a damaged file: its parser says what is wrong
        return data
    for password in (_EXCELS_OWN, *(password.get_secret_value() for password in settings.passwords)):
        if (opened := _opened(data, media_type, password)) is not None:
            return opened
    raise ParsingError("password", "protected by a password that is not among the setting parsing.passwords")


def _opened(data: bytes, media_type: str, password: str) -> bytes | None:
    from msoffcrypto import OfficeFile

    result = io.BytesIO()
    try:
        office = OfficeFile(io.BytesIO(data))
        if media_type == media.ENCRYPTED_OFFICE:
            office.load_key(password=password, verify_password=True)
        else:  # the older formats verify it anyway
            office.load_key(password=password)
        office.decrypt(result)
    except MemoryError:
        raise
    except Exception:  # a wrong password shows as an error of many kinds
        return None
    return result.getvalue()
