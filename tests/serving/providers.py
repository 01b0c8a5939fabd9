"""An OpenID Connect provider on this machine: keys, discovery, and the authorization code flow, over HTTP."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

KEYS = {name: RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("first", "second")}


@dataclass
class Provider:
    """Its keys change by assignment; `asked` counts how often they were fetched.

    Whoever is sent to it is signed in there already, and comes back with a code. `tokens` are what a code is good for,
    `refusal` is an error that it sends people back with instead.
    """

    url: str = ""
    keys: KeySet = field(default_factory=lambda: KeySet([KEYS["first"]]))
    status: int = 200
    asked: int = 0
    secret: str | None = None
    refusal: str | None = None
    tokens: dict[str, str] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, key="first", alg="RS256", signer=None, **claims):
        whole = {
            "iss": self.url,
            "aud": "ray-app",
            "sub": "u1",
            "exp": int(time.time()) + 300,
            "roles": ["editor"],
            "groups": ["board"],
            **claims,
        }
        whole = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": key}, whole, signer or KEYS[key], [alg])

    def authorize(self, asked: dict[str, str]) -> str:
        """Where a browser is sent back to."""
        if self.refusal:
            return f"{asked['redirect_uri']}?{urlencode({'error': self.refusal, 'state': asked['state']})}"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, sent: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A code, once, against tokens: for who knows the verifier, and the secret where there is one."""
        asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        client = sent.get("client_id", "")
        if self.secret:
            client, _, given = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            if given != self.secret:
                return 401, {"error": "invalid_client"}
        if (
            asked is None
            or (asked["code_challenge_method"], asked["code_challenge"]) != ("S256", challenge)
            or (asked["client_id"], asked["redirect_uri"]) != (client, sent.get("redirect_uri"))
        ):
            return 400, {"error": "invalid_grant", "error_description": "no such code"}
        return 200, {"token_type": "Bearer", **(self.tokens or {"access_token": self.token()})}


@contextmanager
def provider_here() -> Iterator[Provider]:
    """A provider that listens on loopback."""
    one = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                return self.answer(303, {}, Location=one.authorize(_flat(parts.query)))
            if parts.path == "/keys":
                one.asked += 1
                return self.answer(one.status, one.keys.as_dict())
            return self.answer(
                one.status,
                {"issuer": one.url} | {
                    name: f"{one.url}/{path}"
                    for name, path in (
                        ("jwks_uri", "keys"), ("authorization_endpoint", "authorize"), ("token_endpoint", "token"),
                    )
                },
            )  # fmt: skip

        def do_POST(self):
            sent = _flat(self.rfile.read(int(self.headers["content-length"])).decode())
            self.answer(*one.exchange(sent, self.headers.get("authorization", "")))

        def answer(self, status, body, **headers):
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
