"""Every family of requests."""

from fastapi import APIRouter

from peelchain.web.routes import casework, files, flow, jobs, status

ROUTERS: tuple[APIRouter, ...] = (
    status.router,
    jobs.router,
    files.router,
    casework.router,
    flow.router,
)
