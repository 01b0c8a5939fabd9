"""The index: one protocol, one file per engine, and what is asked of an index as a whole.

To add an engine, write `store/<engine>.py` with a class that fulfils `protocol.Store`, add a branch to
`open_store`, and name it in the contract tests.
"""

from __future__ import annotations

import sys

from ray_app.errors import IndexLockedError
from ray_app.settings import Settings
from ray_app.store.protocol import Store


async def open_store(settings: Settings, *, wait_s: float | None = None) -> Store:
    """The index that the settings name. Close it after use. Its owner is awaited for `wait_s` at each call.

    An embedded index is reached through its owner where one lives: in this process's Ray cluster, or in
    the one that the index's address file names. Otherwise it is opened here, which keeps others out.
    Raises IndexLockedError, naming the holder, where neither is possible.
    """
    if settings.store.url:
        from ray_app.store.server import ServerStore

        return ServerStore.connect(settings.store)
    from ray_app.store import owner
    from ray_app.store.edge import EdgeStore

    directory = settings.index_dir
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        owned = owner.find_owner(directory, wait_s)
        if owned:
            return owned
    holder = owner.read_address(directory)
    wait = 0.2 if holder else settings.store.lock_wait_s
    try:
        return await EdgeStore.open(directory, settings.store.model_copy(update={"lock_wait_s": wait}))
    except IndexLockedError as error:
        owned = owner.join(directory, holder) if holder else None
        if owned is None:
            raise owner.locked(directory, holder) from error
        return owned
