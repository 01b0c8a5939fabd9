"""Asks a question, and shows where each sentence of the answer stands.

python examples/api/ask.py How long is the notice period of the warehouse lease?
"""

import sys

from ray_app.client import open_client
from ray_app.settings import Settings

question = " ".join(sys.argv[1:]) or "How long is the notice period of the warehouse lease?"
with open_client(Settings()) as client:
    answer = client.answer(question)
    if not answer.supported:
        print("The documents do not say.")
    for sentence in answer.sentences:
        print(sentence.text)
        for place in sentence.citations:
            print(f"  [{place.number}] {place.uri}, page {place.page}, characters {place.start} to {place.end}")
