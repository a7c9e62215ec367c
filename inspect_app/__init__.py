"""inspect-app: how a Taiwanese city inspects its public works. `create_app` is the only place that sees everything.

Importing the package loads nothing else, so that the processes that develop photos stay small.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apiflask import APIFlask

    from inspect_app.config import Settings

ROOT = Path(__file__).resolve().parent.parent
MODELS = (
    "installation", "audit", "notifications", "accounts", "projects", "experts", "catalogue", "photos",
    "scheduling", "inspections", "evidence", "notices", "sync", "meetings",
)  # fmt: skip
ENGINE = {
    "hide_parameters": True,  # a log of errors never holds what rows hold
    "pool_size": 12,
    "pool_use_lifo": True,  # the connection used last has the most prepared
}
ROUTES = (
    "health",
    "field",
    "sync.routes",
    "sync.preview_routes",
    "sync.left_routes",
    "sync.device_key_routes",
    "photos.routes",
    "office",
)


def create_app(settings: Settings | None = None) -> APIFlask:
    """The application with everything bound; settings default to the environment."""
    from apiflask import APIFlask

    from inspect_app.config import Settings as Found

    settings = settings or Found.from_env()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    app = APIFlask(
        __name__,
        title="inspect-app",
        version="1",
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None; APIFlask's hint does not say so
        template_folder="office/templates",
    )
    app.config.update(
        SETTINGS=settings,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=ENGINE | {"max_overflow": _beyond_the_pool(settings.threads)},
        MIGRATIONS=str(ROOT / "migrations"),
        TESTING=settings.testing,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        AUTO_404_RESPONSE=False,
        JSON_SORT_KEYS=False,
    )
    _bind(app, settings)
    return app


def _beyond_the_pool(threads: int) -> int:
    """With the pool one connection for each thread: one without would wait half a minute and fail. Also for jobs, of 32."""
    return max(32, threads) - int(ENGINE["pool_size"])


def _bind(app: APIFlask, settings: Settings) -> None:
    from inspect_app import bodies, clock, errors, extensions, failpoints, headers, logs

    for name in MODELS:
        import_module(f"inspect_app.{name}.models")
    logs.begin()
    extensions.init_app(app)
    errors.init_app(app)
    headers.init_app(app)
    bodies.init_app(app)
    failpoints.init_app(app)
    if settings.testing:
        clock.move(settings.clock_offset)
    guards = import_module("inspect_app.accounts.guards")
    guards.init_app(app)
    import_module("inspect_app.accounts.second_step").init_app(app)
    guards.public(app.view_functions["openapi.spec"])
    for name in ROUTES:
        import_module(f"inspect_app.{name}").init_app(app)
    if settings.trusted_proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
