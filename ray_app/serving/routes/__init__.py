"""The endpoints, one resource a file. A new one is a router in `ROUTERS`.

Every request needs a caller, whatever an endpoint says. One that is not for every reader declares
`dependencies=[requires("editor")]`, and one that changes something calls `AuditOf` when it is done.
tests/serving/test_auth_isolation.py wants a row for each.
"""

from fastapi import APIRouter

from ray_app.serving.routes import (
    answer,
    audit,
    classify,
    document_changes,
    document_originals,
    document_pages,
    documents,
    embeddings,
    events,
    health,
    invitation,
    jobs,
    keys,
    labels,
    me,
    models,
    page,
    privacy,
    quarantine,
    runs,
    search,
    session,
    similar,
    sources,
    stats,
    subjects,
    suggest,
    watch,
    webhooks,
)

ROUTERS: tuple[APIRouter, ...] = (
    search.router,
    answer.router,
    suggest.router,
    documents.router,
    document_changes.router,
    document_originals.router,
    document_pages.router,
    quarantine.router,
    similar.router,
    labels.router,
    privacy.router,
    watch.router,
    subjects.router,
    models.router,
    classify.router,
    embeddings.router,
    me.router,
    keys.router,
    audit.router,
    jobs.router,
    runs.router,
    sources.router,
    stats.router,
    events.router,
    webhooks.router,
)
# What they share with the others is the gate: it lets nobody unknown through.
WEBSOCKET_ROUTERS: tuple[APIRouter, ...] = (events.websocket_router,)
# For anybody: their paths stand in `middleware.PUBLIC` too. The page comes last: it has an answer to any address.
PUBLIC_ROUTERS: tuple[APIRouter, ...] = (health.router, invitation.router, session.router, page.router)
