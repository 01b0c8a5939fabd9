"""A store in the middle of whose work something else happens: each order of two tasks, one after the other."""

from __future__ import annotations


class Interrupted:
    """A store before one of whose calls, counted from 0, something else happens; `left` is below 0 once it has."""

    def __init__(self, store, number, meanwhile):
        self._store, self._meanwhile = store, meanwhile
        self.left = number

    def __getattr__(self, name):
        async def call(*args, **kwargs):
            self.left -= 1
            if self.left == -1:
                await self._meanwhile()
            return await getattr(self._store, name)(*args, **kwargs)

        return call
