"""Every family of requests."""

from fastapi import APIRouter

from peelchain.web.routes import (
    case_keys,
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
    case_keys.router,
    cases.router,
    statements.router,
    casework.router,
    looking.router,
    search.router,
    flow.router,
    pictures.router,
    traces.router,
)
