"""Every family of requests."""

from fastapi import APIRouter

from peelchain.web.routes import (
    cases,
    casework,
    files,
    flow,
    jobs,
    looking,
    outcomes,
    requests,
    returns,
    search,
    statements,
    status,
    tables,
)

ROUTERS: tuple[APIRouter, ...] = (
    status.router,
    jobs.router,
    files.router,
    cases.router,
    statements.router,
    casework.router,
    looking.router,
    outcomes.router,
    requests.router,
    returns.router,
    tables.router,
    search.router,
    flow.router,
)
