"""Prints what happens in the index, and goes on where it was after a break. Ctrl-C ends it.

python examples/api/follow.py
"""

import time

from ray_app.client import OtherEvent, open_client
from ray_app.errors import ServerError
from ray_app.settings import Settings

last = None
with open_client(Settings()) as client:
    while True:
        try:
            for event in client.events(after=last):
                last = event.id or last
                if isinstance(event, OtherEvent):  # `ready`, or why there are no more
                    print(event.name, flush=True)
                else:
                    print(event.at, event.topic, event.source or "", event.data, flush=True)
        except ServerError as error:  # it is being started again, say
            print(error, flush=True)
        time.sleep(1)
