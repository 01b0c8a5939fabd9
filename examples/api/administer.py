"""Gives a colleague a key, ingests a folder as a job, and takes the key back.

python examples/api/administer.py /srv/minutes
"""

import sys

from ray_app.client import GrantBody, LogEvent, open_client
from ray_app.settings import Settings

with open_client(Settings()) as client:
    print(f"I am {client.me().role} of {client.me().tenant}")
    key = client.create_key(GrantBody(name="Eva", role="reader", days=30))
    print(f"Eva's key begins with {key.key[:8]} and ends on {key.expires}")
    job = client.submit_job("ingest", [*sys.argv[1:], "--embed", "later"])
    for event in client.follow_job(job.id):
        if isinstance(event, LogEvent):
            print(event.text, end="")
    done = client.job(job.id)
    print(f"{done.state}: {done.runs[0].counts['indexed']} documents indexed")
    client.revoke_key(key.id)
    print(f"keys that are left: {[one.name for one in client.api_keys()]}")
