"""Stories provoke what a server logs about; a campaign of thousands says only what went wrong."""

from __future__ import annotations

import logging

import structlog


def no_logs() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
