"""Searches as an application does: hits by words at once, better ones a moment later, then what there is to filter by.

python examples/api/search.py who approved the warehouse move
"""

import sys

from ray_app.client import FacetsEvent, HitsEvent, open_client
from ray_app.settings import Settings

query = " ".join(sys.argv[1:]) or "who approved the warehouse move"
with open_client(Settings()) as client:
    for event in client.search_events(query, limit=3):
        if isinstance(event, HitsEvent):
            print(f"{event.stage}:")
            for hit in event.hits:
                print(f"  {hit.title}, page {hit.page}: {hit.passage[:70]!r}")
        elif isinstance(event, FacetsEvent):
            labels = ", ".join(f"{one.value} ({one.count})" for one in event.facets["label"][:3])
            print(f"{event.total} documents: {labels}")
