"""Requests to services: which to ask, in which order, and the schedule that each is sent."""
