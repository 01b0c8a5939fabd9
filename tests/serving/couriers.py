"""A process that sends the events of an index, until it is killed: `python -m tests.serving.couriers DATA_DIR`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ray_app.serving.delivery import delivering
from ray_app.settings import DeliverySettings, EventSettings, Settings
from ray_app.store.edge import EdgeStore


def quick(data_dir: Path, **delivery: float) -> Settings:
    """Settings of a sender that waits for nothing longer than tests like to, and may send to this machine."""
    changes = {"lease_s": 2.0, "first_wait_s": 0.02, "longest_wait_s": 0.1, "timeout_s": 3.0, **delivery}
    return Settings(
        data_dir=data_dir,
        events=EventSettings(poll_s=0.02),
        delivery=DeliverySettings(allow_private_addresses=True, **changes),
    )


async def main(settings: Settings) -> None:
    store = await EdgeStore.open(settings.index_dir, settings.store)
    async with delivering(store, settings):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(quick(Path(sys.argv[1]))))
