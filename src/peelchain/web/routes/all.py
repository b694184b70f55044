"""Every family of requests."""

from fastapi import APIRouter

from peelchain.web.routes import casework, files, jobs, looking, search, status

ROUTERS: tuple[APIRouter, ...] = (
    status.router,
    jobs.router,
    files.router,
    casework.router,
    looking.router,
    search.router,
)
