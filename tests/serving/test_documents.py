"""Uploads over HTTP: a real application, a real index, a real online worker."""

from __future__ import annotations


def test_an_upload_is_indexed_and_found(uploads):
    (accepted,) = uploads.post(("memo.txt", b"The zeppelin leaves on Thursday."), folder="notes/2025", tags="a, b")
    assert accepted["outcome"] == "queued"
    assert accepted["uri"] == "upload://uploads/notes/2025/memo.txt"
    done = uploads.settled(accepted)
    assert (done["outcome"], done["folder"], done["tags"], done["attempts"]) == ("indexed", "notes/2025", ["a", "b"], 1)
    assert done["queued"] <= done["finished"]
    assert uploads.found("zeppelin") == {accepted["uri"]}
