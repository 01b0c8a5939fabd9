"""The endpoints, one resource a file. A new one is a router in `ROUTERS`."""

from fastapi import APIRouter

from ray_app.serving.routes import answer, classify, documents, embeddings, health, search, suggest

ROUTERS: tuple[APIRouter, ...] = (
    search.router,
    answer.router,
    suggest.router,
    documents.router,
    classify.router,
    embeddings.router,
    health.router,
)
