"""Where object storages differ: the time limits and tries of their libraries, and how they list keys page by page.

A page is asked for by the provider's own call, since fsspec's `ls` and `find` hold all keys of a folder or a bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from inspect import unwrap
from typing import Any, NamedTuple

from fsspec.asyn import sync
from fsspec.config import conf

from ray_app.settings import SourceSettings

# Whose storage a scheme means, by the extra of the package that brings what reads it.
PROVIDERS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}
_KEYS_A_PAGE = 1000  # the most that S3 and Google give


class Object(NamedTuple):
    """An object of a bucket or container: its key, size in bytes, time of change in seconds since 1970, and etag."""

    key: str
    size: int
    modified: float
    etag: str


# Takes a filesystem, bucket, prefix, and the token of the page before it; gives the objects and the next token.
Page = Callable[[Any, str, str, str | None], tuple[list[Object], str | None]]


def options(provider: str, settings: SourceSettings) -> dict[str, Any]:
    """What a filesystem is made with, so that no wait for a server is longer than the settings allow."""
    wait = settings.timeout_s
    if provider == "s3":
        timeouts = {"connect_timeout": wait, "read_timeout": wait}
        own = conf.get("s3", {}).get("config_kwargs", {})
        return {"config_kwargs": {**timeouts, **own, "retries": {"total_max_attempts": 1}}}
    if provider == "gcs":
        from aiohttp import ClientTimeout  # what gcsfs asks with

        return {"requests_timeout": ClientTimeout(total=None, sock_connect=wait, sock_read=wait)}
    return {"connection_timeout": wait, "read_timeout": wait}


def try_once(fs: Any, provider: str) -> None:
    """Lets tries be counted by the settings alone: the libraries' own would multiply them."""
    if provider == "s3":
        fs.retries = 1
    elif provider == "gcs":
        fs._request = partial(unwrap(type(fs)._request), fs)
    else:
        fs.service_client._config.retry_policy.total_retries = 0


def object_of(info: dict[str, Any], key: str) -> Object:
    """What an entry says of an object, in the words of S3, Google, Azure or fsspec."""
    etag = next((info[name] for name in ("ETag", "etag", "md5Hash", "generation") if info.get(name)), "")
    times = ("LastModified", "last_modified", "updated", "mtime", "created")
    modified = next((info[name] for name in times if info.get(name)), 0.0)
    size = info["Size"] if "Size" in info else info["size"]
    return Object(key, int(size or 0), _seconds(modified), str(etag).strip('"'))


def _s3_page(fs: Any, bucket: str, prefix: str, token: str | None) -> tuple[list[Object], str | None]:
    more = {"ContinuationToken": token} if token else {}
    page = fs.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=_KEYS_A_PAGE, **more)
    return [object_of(one, one["Key"]) for one in page.get("Contents", ())], page.get("NextContinuationToken")


def _gcs_page(fs: Any, bucket: str, prefix: str, token: str | None) -> tuple[list[Object], str | None]:
    """https://cloud.google.com/storage/docs/json_api/v1/objects/list"""
    page = fs.call("GET", "b/{}/o", bucket, prefix=prefix, maxResults=_KEYS_A_PAGE, pageToken=token, json_out=True)
    return [object_of(one, one["name"]) for one in page.get("items", ())], page.get("nextPageToken")


def _azure_page(fs: Any, bucket: str, prefix: str, token: str | None) -> tuple[list[Object], str | None]:
    found: tuple[list[Object], str | None] = sync(fs.loop, _azure_page_of, fs, bucket, prefix, token)
    return found


async def _azure_page_of(fs: Any, bucket: str, prefix: str, token: str | None) -> tuple[list[Object], str | None]:
    async with fs.service_client.get_container_client(bucket) as container:
        asked = {"include": ["metadata"], "results_per_page": _KEYS_A_PAGE, **fs._timeout_kwargs}
        blobs = container.list_blobs(name_starts_with=prefix, **asked)
        pages = blobs.by_page(token)
        found = [object_of(blob, blob.name) async for blob in await anext(pages) if not _is_folder(blob)]
        return found, pages.continuation_token


def _is_folder(blob: Any) -> bool:
    """Accounts with folders of their own (Data Lake Storage) list them as blobs too."""
    return bool((blob.metadata or {}).get("hdi_isfolder") == "true")


def _seconds(time: datetime | str | float) -> float:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    return time.timestamp() if isinstance(time, datetime) else float(time)


PAGES: dict[str, Page] = {"s3": _s3_page, "gcs": _gcs_page, "azure": _azure_page}
