"""Every family of requests."""

from fastapi import APIRouter

from peelchain.web.routes import casework, files, flow, jobs, pictures, status

ROUTERS: tuple[APIRouter, ...] = (
    status.router,
    jobs.router,
    files.router,
    casework.router,
    flow.router,
    pictures.router,
)
