"""What the settings take from the environment, and the faults that stop a start (README, "Settings")."""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
_OLD_NAMES = ("DB_SCHEME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_NAME")
_POSTGRESQL = "django.db.backends.postgresql"
_SQLITE = "django.db.backends.sqlite3"


def boolean(name: str) -> bool:
    text = env.str(name, "").strip().lower()
    if text not in ("", "0", "1", "false", "true", "no", "yes", "off", "on"):
        raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}")
    return text in ("1", "true", "yes", "on")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    text = env.str(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {text!r}")
    return int(text)


def names(name: str) -> list[str]:
    """A list, parted by commas."""
    return [part for part in map(str.strip, env.str(name, "").split(",")) if part]


def database(data_dir: Path, *, lock_timeout: int) -> dict[str, Any]:
    """Return Django's settings of the database: DATABASE_URL, or the old service's names, or the embedded SQLite.

    `lock_timeout`: seconds that a statement waits for another's lock before the client gets a 503.
    """
    if url := env.str("DATABASE_URL", ""):
        config = _from_url(url)
    elif any(env.str(name, "") for name in _OLD_NAMES):
        config = _from_old_names()
    else:
        config = {"ENGINE": _SQLITE, "NAME": str(data_dir / "sweets.sqlite3")}
    if config["ENGINE"] == _SQLITE:
        # IMMEDIATE: a transaction that writes has the lock from its first statement, or two of them die of deadlock.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": lock_timeout,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        options = config.setdefault("OPTIONS", {})
        options["options"] = f"-c lock_timeout={lock_timeout}s " + options.get("options", "")
        options.setdefault("connect_timeout", 5)
    return config | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


def _from_url(url: str) -> dict[str, Any]:
    scheme = url.partition(":")[0]
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// or sqlite:///")
    try:
        config = dict(environ.Env.db_url_config(url))
    except (ValueError, KeyError) as fault:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {fault}") from None
    if not config.get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL must end in the database's name, as in postgresql://user@host/name")
    return config


def _from_old_names() -> dict[str, Any]:
    given = {name: env.str(name, "") for name in _OLD_NAMES}
    needed = ("DB_SCHEME", "DB_USER", "DB_HOST", "DB_NAME")
    if missing := [name for name in needed if not given[name]]:
        raise ImproperlyConfigured(f"{', '.join(missing)} must be set beside the other DB_ names")
    if not given["DB_SCHEME"].startswith("postgres"):
        raise ImproperlyConfigured(f"DB_SCHEME must be postgresql, not {given['DB_SCHEME']!r}")
    return {
        "ENGINE": _POSTGRESQL,
        "NAME": given["DB_NAME"].removeprefix("/"),
        "USER": given["DB_USER"],
        "PASSWORD": given["DB_PASSWORD"],
        "HOST": given["DB_HOST"],
        "PORT": str(integer("DB_PORT", 5432, low=1, high=65535)),
    }


def secret_key(data_dir: Path, *, production: bool) -> str:
    """Return SECRET_KEY, or the secret that this machine made for itself on its first start."""
    if given := env.str("SECRET_KEY", ""):
        if production and (len(given) < 50 or len(set(given)) < 5):
            raise ImproperlyConfigured("SECRET_KEY must be at least 50 random characters in production")
        return given
    if production:
        raise ImproperlyConfigured("SECRET_KEY must be set in production")
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(64))
        return path.read_text()
    except OSError as fault:
        raise ImproperlyConfigured(f"DATA_DIR must be a folder that the store may write: {fault}") from None


def _write_once(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only; of several writers the first one wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def allowed_hosts(bind_host: str, *, production: bool) -> list[str]:
    """Return the names under which clients may call.

    Outside production the store answers to loopback alone, so that no web page can reach it by another name (DNS
    rebinding), or, bound to every address, to any name.
    """
    if given := names("ALLOWED_HOSTS"):
        if production and "*" in given:
            raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts in production, not *")
        return given
    if production:
        raise ImproperlyConfigured("ALLOWED_HOSTS must be set in production: the names that clients call, by commas")
    if bind_host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        return ["*"]
    return ["localhost", "127.0.0.1", "[::1]", bind_host]
