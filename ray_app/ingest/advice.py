"""What a person can do about a document in quarantine, by the reason why it is there."""

from __future__ import annotations

ADVICE = {
    "password": "It is protected: give its password (setting parsing.passwords) or an unprotected copy, then retry.",
    "damaged": "The file is broken: open it in its own program, save it anew or fetch it again, then retry.",
    "unsupported_format": "Nothing here reads this format: convert it to PDF or text.",
    "too_large": "It is larger than parsing.max_file_mb: raise the setting, or split the file, then retry.",
    "too_large_inside": "What lies inside it is larger than allowed (parsing.max_children_mb): raise it, then retry.",
    "too_much_text": "It holds more text than parsing.max_text_mb: raise it if the text is wanted, then retry.",
    "too_many_pixels": "The image is too large to be read: scale it down.",
    "nested_too_deep": "Files lie too deep inside it (setting parsing.max_depth): unpack it, or raise the setting.",
    "too_deep": "Files lie too deep inside it (setting parsing.max_depth): unpack it, or raise the setting.",
    "archive_bomb": "It expands beyond the limits for archives: unpack it where that is safe, and take in the parts.",
    "unreadable": "The source did not give it: look whether it is there and may be read. The next run tries again.",
    "timeout": "It took longer than parsing.timeout_s: raise the setting and retry, or simplify the file.",
    "cpu": "It took more CPU time than parsing.cpu_s: raise the setting and retry, or simplify the file.",
    "memory": "Reading it takes more than parsing.memory_mb: raise the setting and retry.",
    "crashed": "It makes its parser crash, alone and harmlessly: convert it, or retry after an update.",
    "parser_error": "Its parser has a fault with this file: convert it, or retry after an update.",
    "ocr_missing": "It needs text recognition that is not installed: install it, then retry.",
    "content_vanished": "A copy of it was deleted while it was being written. The next run tries again.",
    "error": "The embedding model or classifier failed on its text: retry, after an update or with another model.",
}
_UNKNOWN = "Read the detail, mend the file or the setting that it names, then retry."


def advice(reason: str) -> str:
    """One sentence or two."""
    return ADVICE.get(reason, _UNKNOWN)
