"""Every family of requests."""

from fastapi import APIRouter

from peelchain.web.routes import (
    cases,
    casework,
    files,
    flow,
    jobs,
    looking,
    pictures,
    search,
    statements,
    status,
    traces,
)

ROUTERS: tuple[APIRouter, ...] = (
    status.router,
    jobs.router,
    files.router,
    cases.router,
    statements.router,
    casework.router,
    looking.router,
    search.router,
    flow.router,
    pictures.router,
    traces.router,
)
