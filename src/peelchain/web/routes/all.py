"""Every family of requests."""

from fastapi import APIRouter

from peelchain.web.routes import casework, files, jobs, status, traces

ROUTERS: tuple[APIRouter, ...] = (
    status.router,
    jobs.router,
    files.router,
    casework.router,
    traces.router,
)
