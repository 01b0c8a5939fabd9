"""The endpoints, one resource a file. A new one is a router in `ROUTERS`."""

from fastapi import APIRouter

from ray_app.serving.routes import (
    classify,
    document_changes,
    document_originals,
    document_pages,
    documents,
    embeddings,
    health,
    search,
)

ROUTERS: tuple[APIRouter, ...] = (
    search.router,
    documents.router,
    document_changes.router,
    document_originals.router,
    document_pages.router,
    classify.router,
    embeddings.router,
    health.router,
)
