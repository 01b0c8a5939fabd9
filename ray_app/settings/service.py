"""How questions are answered, over HTTP and otherwise."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    field_validator,
)

from ray_app.records import Role
from ray_app.settings.group import Fraction, Group

# Signatures by a private key that only the provider has: never `none`, never by a secret that both sides know.
Signature = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SearchSettings(Group):
    """How searches are answered."""

    fusion: Literal["scores", "dbsf", "rrf"] = Field(
        "scores",
        description="How words and meaning are merged: by both scores of each passage and those of passages like it "
        "(scores), or by the index itself, which is a few ms faster: by scores (dbsf) or by ranks (rrf).",
    )
    candidates: int = Field(
        100, ge=10, description="Passages that words and meaning each put forward before they are merged."
    )
    max_query_chars: int = Field(
        32_000,
        gt=0,
        description="Longest query, or text that hits shall be like: ten pages; no more of such a text is compared.",
    )
    max_limit: int = Field(100, gt=0, description="Most hits of one search.")
    max_passages: int = Field(10, gt=0, description="Most passages of one document in a hit.")
    window: int = Field(
        500,
        gt=0,
        le=2000,
        description="Documents that one can page through by relevance, and among which a search with a query is sorted "
        "by date: each further page looks at more candidates.",
    )
    diversity_candidates: int = Field(
        50, gt=0, description="Documents among which a search with `diversity` chooses: their vectors are read."
    )
    sentences: bool = Field(
        False,
        description="Whether hits mark the sentence closest in meaning where a search does not say: it is embedded for "
        "that, with all others of the passages shown.",
    )
    max_sentences: int = Field(
        64, gt=0, description="Most sentences that are embedded for one answer; passages beyond have none marked."
    )
    max_filter_depth: int = Field(8, gt=0, description="How deep and, or, not may be nested in a filter.")
    max_filter_conditions: int = Field(100, gt=0, description="Most conditions of one filter.")
    max_filter_values: int = Field(1000, gt=0, description="Most values that one condition may list.")
    suggestions: int = Field(
        200, gt=0, description="Documents whose titles and words are read for one list of suggestions."
    )
    reranker: str | None = Field(
        None,
        description="A sentence-transformers cross-encoder that judges the best hits once more: a folder or a hub "
        "name; unset: none, since it reads each passage with the query, which takes a CPU seconds.",
    )
    rerank_candidates: int = Field(30, gt=0, description="Hits that the reranker judges.")
    near_duplicate: Fraction = Field(
        0.8, description="Share of the wording from which two documents are called near-duplicates."
    )
    facet_values: int = Field(20, gt=0, description="Most values counted per facet.")


class AnswerSettings(Group):
    """Answers with citations."""

    url: str | None = Field(
        None,
        description="An OpenAI-compatible endpoint such as http://localhost:11434/v1 whose model writes answers; "
        "questions and passages are sent to it. Unset: answers are sentences of the documents, and no model is needed.",
    )
    model: str = Field("default", description="The model's name at that endpoint.")
    api_key: SecretStr | None = Field(None, description="The endpoint's API key.")
    timeout_s: float = Field(60.0, gt=0, description="Longest time for one answer of the endpoint, from first to last.")
    attempts: int = Field(2, gt=0, description="Tries of a request that the endpoint refuses for a passing reason.")
    max_tokens: int | None = Field(
        600, gt=0, description="Most tokens of a written answer; null: as many as the endpoint allows."
    )
    temperature: float | None = Field(
        0.0, ge=0, description="The model's temperature; null for endpoints that let nobody choose it."
    )
    max_question_chars: int = Field(2000, gt=0, description="Longest question.")
    passages: int = Field(
        8, gt=0, le=50, description="Passages that an answer is made from: more take longer, and distract a model."
    )
    sentences: int = Field(3, gt=0, description="Most sentences of an answer without a model.")
    max_sentences: int = Field(
        64, gt=0, description="Most sentences that are embedded to find those: each takes milliseconds."
    )
    min_support: Fraction = Field(
        0.45,
        description="How well a sentence must fit the question to count as an answer: the mean of the cosine and of "
        "the share of the question's words in it.",
    )


class ServingSettings(Group):
    """The HTTP API."""

    host: str = Field("127.0.0.1", description="Address that the HTTP API listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the HTTP API.")
    replicas: int = Field(1, gt=0, description="HTTP replicas.")
    max_ongoing_requests: int = Field(100, gt=0, description="Requests that one replica works on at a time.")
    max_queued_requests: int = Field(200, gt=0, description="Requests that wait; more are answered with 503.")
    max_texts: int = Field(256, gt=0, description="Most texts of one embeddings or classification request.")
    max_text_chars: int = Field(200_000, gt=0, description="Longest text of such a request.")
    batch_wait_s: float = Field(0.005, ge=0, description="How long the embedding deployment fills a batch.")
    max_body_mb: int = Field(
        16,
        gt=0,
        description="Largest body of a request that carries no file: room for a book's text, while a hundred at a time "
        "still fit into memory. A body with a file may be as large as parsing.max_file_mb, and 1 MB more.",
    )
    max_header_kb: int = Field(
        16, gt=0, description="Most kilobytes of a request's headers: a token that names very many groups takes a few."
    )
    public_url: str | None = Field(
        None,
        description="Where people reach the API and its page: for links in invitations, for the page's cookie, and to "
        "tell its own requests from other sites'; unset: as the request was addressed.",
    )


class OidcSettings(Group):
    """Tokens of an OpenID Connect provider (JWT). Off until `issuer` is set."""

    issuer: str | None = Field(None, description="The provider's issuer, exactly as tokens name it (`iss`).")
    audience: str | None = Field(
        None, description="What tokens must be meant for (`aud`): without it, tokens for other services would do."
    )
    jwks_url: str | None = Field(
        None, description="Where the provider's public keys are; unset: asked of the issuer's discovery document."
    )
    client_id: str | None = Field(
        None, description="Who the page is to the provider, for signing in there; unset: the page asks for keys alone."
    )
    client_secret: SecretStr | None = Field(None, description="Where the provider gave that client one.")
    scope: str = Field("openid profile email", description="What the page asks the provider for.")
    algorithms: tuple[Signature, ...] = Field(
        ("RS256", "ES256"), min_length=1, description="Signatures that are accepted; all by a private key."
    )
    leeway_s: int = Field(60, ge=0, le=600, description="By how much the provider's clock may differ.")
    keys_s: float = Field(
        3600.0, gt=0, description="How long fetched keys are believed; an unknown key is asked for at once."
    )
    refetch_s: float = Field(
        10.0,
        ge=0,
        description="Least time between two such questions, so that made-up tokens do not flood it.",
    )
    timeout_s: float = Field(5.0, gt=0, description="Longest wait for the provider.")
    name_claim: str = Field("preferred_username", description="The claim with a name for people; else `sub` is shown.")
    tenant_claim: str | None = Field(
        None, description="The claim that names the tenant; unset: everyone belongs to the setting `tenant`."
    )
    groups_claim: str = Field("groups", description="The claim with access groups; dots lead into objects.")
    roles_claim: str = Field("roles", description="The claim with roles, such as realm_access.roles.")
    roles: dict[str, Role] = Field(
        default_factory=lambda: dict[str, Role](reader="reader", editor="editor", admin="admin"),
        description="What the provider calls a role: what it is here. The highest counts.",
    )
    default_role: Role | None = Field(None, description="The role of who has none of these; unset: they are refused.")

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _is_secure(cls, url: str | None) -> str | None:
        return url if url is None else secure_url(url)


def secure_url(url: str) -> str:
    """The URL. Raises ValueError where what comes from there could be changed on its way: then anybody is anybody."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("must begin with https://, or with http:// on this machine")
    return url


class AuthSettings(Group):
    """Who may do what over HTTP."""

    mode: Literal["open", "required"] = Field(
        "open",
        description="open: everyone is an administrator, so the API listens on loopback only; required: each request "
        "needs an API key or a token.",
    )
    key_use_s: float = Field(
        60.0, ge=0, description="How exact a key's time of last use is: more would be a write for each request."
    )
    key_days: int | None = Field(
        None, gt=0, description="After how many days a new key ends that is not told otherwise; unset: never."
    )
    invitation_hours: int = Field(72, gt=0, description="How long an invitation can be redeemed: a long weekend.")
    session_days: int = Field(30, gt=0, description="How long a browser whose user wants to stay signed in is.")
    requests_per_minute: int | None = Field(
        600,
        gt=0,
        description="Most requests of one caller in any minute: ten a second is more than a person's typing, and less "
        "than one replica answers. Counted by each replica unless redis_url is set; unset: no limit.",
    )
    redis_url: SecretStr | None = Field(
        None, description="A Redis server where all replicas count together, such as redis://:password@host:6379/0."
    )
    audit_days: int = Field(365, gt=0, description="How long the audit log of changes is kept.")
    oidc: OidcSettings = OidcSettings()


class ClientSettings(Group):
    """Commands that ask a running server."""

    url: str | None = Field(
        None, description="The server to ask, such as https://search.example.org; unset: the one over this data_dir."
    )
    timeout_s: float = Field(60.0, gt=0, description="Longest wait for an answer, or for a stream's next event.")
    api_key: SecretStr | None = Field(
        None, description="The API key that `ray-app search` sends; the variable RAY_APP_API_KEY is read too."
    )
