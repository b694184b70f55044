"""Transactions that are no mixes but have something of their shape, a module a class."""
