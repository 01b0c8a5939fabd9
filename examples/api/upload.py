"""Uploads files, waits until they are indexed, and shows what they were found to be.

python examples/api/upload.py contract.pdf minutes.docx
"""

import sys
from contextlib import closing
from pathlib import Path

from ray_app.client import OtherEvent, open_client
from ray_app.settings import Settings

paths = [Path(name) for name in sys.argv[1:]]
with open_client(Settings()) as client, closing(client.events(topics=["document"])) as events:
    next(events)  # `ready`: from here on nothing is missed
    sent = client.upload(*((path.name, path.read_bytes()) for path in paths), tags=["by-hand"])
    waiting = {document.id for document in sent.documents}
    for event in events:
        if isinstance(event, OtherEvent) or event.data["document"] not in waiting:
            continue
        print(f"{event.data['document']} {event.data['outcome']}")
        if event.data["outcome"] not in ("queued", "processing"):
            waiting.remove(event.data["document"])
        if not waiting:
            break
    for document in sent.documents:
        about = client.document(document.id)
        label = about.labels[0].label if about.labels else "no label"
        print(f"{about.uri}: {about.outcome}, {about.language}, {label}")
