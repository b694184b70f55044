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
    outcomes,
    pictures,
    requests,
    returns,
    search,
    statements,
    status,
    tables,
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
    outcomes.router,
    requests.router,
    returns.router,
    tables.router,
    search.router,
    flow.router,
    pictures.router,
    traces.router,
)
